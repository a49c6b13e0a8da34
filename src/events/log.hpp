// What holdfast says on stderr while it works: "holdfast: " and one sentence, or with --log-format json one object
// {"time", "event", "lock", "message", "host", "pid", ...} a line. With JSON all events are shown that -v would show,
// unless -q is given. Only here events (events/event.hpp) become lines, and only here it is decided which are shown.
//
// A log of its own (--log-to) gets every event in place of stderr, in lines that name time, host, pid and lock. Then
// stderr gets as a sentence what ends the program, and how many lines were dropped.
//
// While a lock is held nothing may wait for the reader of our stderr, so a line that a full pipe or a
// stopped terminal would not take at once is dropped (hazard 48). Main thread only.
#pragma once

#include "events/event.hpp"
#include "events/log_target.hpp"

#include <string>
#include <string_view>

namespace holdfast {

/// The style of all lines of the program; before set_log_style() lines are sentences.
struct LogStyle {
    LogFormat format = LogFormat::text;
    std::string lock{}; ///< the lock that all events are about
};
void set_log_style(LogStyle);
/// From now on events go to that target in place of stderr. Call before the first Log is made.
void log_apart(LogTarget);

class Log {
  public:
    explicit Log(Verbosity verbosity);

    /// Writes the event as a line to a log of its own, or to stderr if the verbosity shows it.
    void tell(const Event&) const;

    /// Whether -v was given, so that events which only -v shows are worth the work to find them out. False without -v,
    /// even if JSON or a log of its own would show such events.
    bool details() const { return verbosity_ == Verbosity::verbose; }

    /// Whether stderr is a terminal on which a line is to be redrawn in place.
    bool on_terminal() const { return redraws_; }
    /// Whether events become lines, on stderr or in a log of its own; otherwise a terminal shows what is redrawn.
    bool has_lines() const;
    /// Replaces the line that redraw() has drawn last; an empty sentence wipes that line. The sentence is cut to the
    /// width of the terminal. Only if on_terminal().
    void redraw(std::string_view sentence) const;

  private:
    void put(std::string_view text) const;
    Verbosity verbosity_;
    bool redraws_ = false;
};

/// Writes a last event to a log of its own, if there is one, and to stderr, if the verbosity shows the event. Call when
/// no lock is held any more, because the call may wait for the reader of stderr.
void tell_at_end(const Event&, Verbosity = Verbosity::normal);

/// If there is a log of its own, waits until its lines are written, at most 100 ms, and says on stderr how many were
/// dropped, and why.
void finish_log();

} // namespace holdfast
