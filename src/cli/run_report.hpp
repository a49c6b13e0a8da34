// How a run ended, as --status-fd tells it: so that a status 79 of holdfast and one of the command can be told apart.
#pragma once

#include "base/clock.hpp"
#include "base/json.hpp"
#include "cli/exit.hpp"
#include "lock/fence.hpp"
#include "lock/record.hpp"
#include "process/supervisor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct RunReport {
    Holder us; ///< who ran, as others see it
    /// "ended": the command ended while the lock was held; "lost", "timed_out", "not_acquired"; "already_done": skipped
    /// for a success (--once-in); "interrupted": a signal ended the wait; "failed": anything else, which `message`
    /// tells.
    std::string result = "failed";
    std::string message{};
    std::optional<Json> holder{}; ///< not_acquired: the one in front (in_front_json in lock_view.hpp)
    /// By the wall clock: when the command was started, and when it and its group had ended; nothing if it was not
    /// started.
    std::optional<milliseconds> started_at{}, ended_at{};
    std::optional<int> command_status{}; ///< what the command exited with
    std::optional<int> command_signal{}; ///< the signal that ended the command
    struct Held {
        std::string name;
        Fence fence;
        std::optional<unsigned> slot;
    };
    std::vector<Held> locks{}; ///< once they are won, in the order typed
    std::optional<milliseconds> waited{};
    std::optional<milliseconds> held{};
};

/// Fills the report from the end of the command, and returns how holdfast ends: with status 79 or 124 if the lock was
/// lost or --max-hold ran out, otherwise as the command did.
Exit exit_of(const Ending&, RunReport&);

/// The descriptor on which the report is wanted; from now on the command does not inherit it, unless it is stdout or
/// stderr. Throws Failure for a number that is no descriptor open for writing.
int status_fd(const std::string& number);
/// Writes the report as one line of JSON. If that fails, says so on stderr, and does not throw. From then on SIGPIPE is
/// ignored.
void write_report(int fd, const std::string& lock, int status, const RunReport&);

} // namespace holdfast
