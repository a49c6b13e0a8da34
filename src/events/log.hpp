// What holdfast says on stderr while it works: "holdfast: " and one sentence, or with --log-format json one object
// {"time", "event", "lock", "message", ...} a line. As JSON everything is said that -v would say, unless it is -q.
// The one place where events (events/event.hpp) become lines, and where it is decided which are shown.
//
// While a lock is held nothing may wait for the reader of our stderr, so a line that a full pipe or a
// stopped terminal would not take at once is dropped (hazard 48). Main thread only.
#pragma once

#include "base/fd.hpp"
#include "events/event.hpp"

#include <string>
#include <string_view>

namespace holdfast {

/// Of the whole program; before it is set, sentences.
struct LogStyle {
    LogFormat format = LogFormat::text;
    std::string lock{}; ///< which lock it is all about
};
void set_log_style(LogStyle);

class Log {
  public:
    explicit Log(Verbosity verbosity);

    /// Makes a line of it, where one is shown.
    void tell(const Event&) const;

    /// Whether what only -v shows is worth the work to find it out.
    bool details() const { return verbosity_ == Verbosity::verbose; }

    /// A line can be redrawn in place there, and is wanted.
    bool on_terminal() const { return redraws_; }
    /// Puts this in place of what was drawn last; nothing wipes it. Cut to the width of the terminal.
    void redraw(std::string_view sentence) const;

  private:
    void put(std::string_view text) const;
    Verbosity verbosity_;
    bool redraws_ = false;
    Fd impatient_; ///< stderr once more, where a write that would have to wait fails instead
};

/// The last words of the program, when nothing is held any more: waits for the reader.
void tell_at_end(const Event&, Verbosity = Verbosity::normal);

} // namespace holdfast
