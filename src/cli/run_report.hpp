// How a run ended, as --status-fd tells it: so that a 79 of ours and a 79 of the command can be told apart.
#pragma once

#include "base/clock.hpp"
#include "cli/exit.hpp"
#include "lock/fence.hpp"
#include "process/supervisor.hpp"

#include <optional>
#include <string>

namespace holdfast {

struct RunReport {
    /// "ended": the command, while the lock was held; "lost", "timed_out", "not_acquired", "interrupted": a signal
    /// ended the wait; "failed": anything else, which `message` tells.
    std::string result = "failed";
    std::string message{};
    std::optional<int> command_status{}; ///< what the command exited with
    std::optional<int> command_signal{}; ///< what ended it
    std::optional<Fence> fence{};
    std::optional<milliseconds> waited{};
    std::optional<milliseconds> held{};
};

/// What the end of the command makes of the report, and of our status.
Exit exit_of(const Ending&, RunReport&);

/// The descriptor on which the report is wanted.
class StatusFd {
  public:
    /// Refuses what is no descriptor that can be written to. The command does not inherit it.
    explicit StatusFd(const std::string& number);
    /// One line of JSON. What cannot be written is lost, for the run is over; a line on stderr says so.
    void write(const std::string& lock, int status, const RunReport&) const;

  private:
    int fd_;
};

} // namespace holdfast
