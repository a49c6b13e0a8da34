// What holdfast says on stderr while it works: "holdfast: " and one sentence a line.
//
// While a lock is held nothing may wait for whoever reads our stderr, so a line that a full pipe or a
// stopped terminal would not take at once is dropped (hazard 48). Main thread only.
#pragma once

#include "base/fd.hpp"

#include <string_view>

namespace holdfast {

enum class Verbosity { quiet, normal, verbose };
enum class LogFormat { text, json };

class Log {
  public:
    explicit Log(Verbosity verbosity);

    /// What a user must know even with -q: why the command was stopped.
    void error(std::string_view sentence) const { write(sentence); }
    /// Left out by -q.
    void info(std::string_view sentence) const;
    /// Only with -v.
    void detail(std::string_view sentence) const;

    /// A line can be redrawn in place there, and is wanted.
    bool on_terminal() const { return redraws_; }
    /// Puts this in place of what was drawn last; nothing wipes it. Cut to the width of the terminal.
    void redraw(std::string_view sentence) const;

  private:
    void write(std::string_view sentence) const;
    void put(std::string_view text) const;
    Verbosity verbosity_;
    bool redraws_ = false;
    Fd impatient_; ///< stderr once more, where a write that would have to wait fails instead
};

/// The last words of the program, when nothing is held any more: waits for the reader.
void write_error(std::string_view sentence);

} // namespace holdfast
