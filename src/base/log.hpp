// What holdfast says on stderr while it works: "holdfast: " and one sentence, or with --log-format json one object
// {"time", "event", "lock", "message", ...} a line. As JSON everything is said that -v would say, unless it is -q.
//
// While a lock is held nothing may wait for whoever reads our stderr, so a line that a full pipe or a
// stopped terminal would not take at once is dropped (hazard 48). Main thread only.
#pragma once

#include "base/fd.hpp"
#include "base/json.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {

enum class Verbosity { quiet, normal, verbose };
enum class LogFormat { text, json };

/// Of the whole program; before it is set, sentences.
struct LogStyle {
    LogFormat format = LogFormat::text;
    std::string lock{}; ///< which lock it is all about
};
void set_log_style(LogStyle);

/// What an event has beside its sentence, in JSON. Durations are in milliseconds, in fields that end in _ms.
using LogFields = std::vector<std::pair<std::string_view, Json>>;

class Log {
  public:
    explicit Log(Verbosity verbosity);

    /// What a user must know even with -q: why the command was stopped.
    void error(std::string_view event, std::string_view sentence, const LogFields& fields = {}) const;
    /// Left out by -q.
    void info(std::string_view event, std::string_view sentence, const LogFields& fields = {}) const;
    /// Only with -v.
    void detail(std::string_view event, std::string_view sentence, const LogFields& fields = {}) const;

    /// Whether those are shown: what would cost work to say is not worth it otherwise.
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
void write_error(std::string_view sentence, std::string_view event = "failed", const LogFields& fields = {});

} // namespace holdfast
