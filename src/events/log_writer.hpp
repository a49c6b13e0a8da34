// Writes the lines of a log of its own, so that no full, slow or dead file holds up the command or the renewal.
//
// A thread with a bounded queue writes. The thread is started with the first line and takes no signal. It may run when
// the guard and the command are forked, because their code is async-signal-safe anyway.
#pragma once

#include "events/log_target.hpp"

#include <memory>
#include <optional>
#include <string>

namespace holdfast {

class LogWriter {
  public:
    explicit LogWriter(LogTarget);

    const LogTarget& target() const;
    /// Puts the line, with its line end, into the queue, and never waits. Main thread. Drops the line when the queue is
    /// full. If no thread can be started, the line stays in the queue, and the next add() tries again.
    void add(std::string line);
    /// Waits until all lines are written, at most 100 ms. Returns a sentence if some were not written by then, or were
    /// dropped: how many, and why.
    std::optional<std::string> finish();

  private:
    struct Shared;
    static void write_lines(Shared&) noexcept;

    /// Shared with the thread, which may be in the middle of a write when the program ends.
    std::shared_ptr<Shared> shared_;
    bool started_ = false;
};

} // namespace holdfast
