// HOLDFAST_HELD: the runs around a command, each with its process and with what it holds. Processes that the command
// has left behind keep the variable after the run's end, so only those runs count whose process is still around us.
#pragma once

#include "lock/lock.hpp"
#include "process/ancestry.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct RunAround {
    ProcessId process;
    Token token;
    std::string lock; ///< as lock_on() gives it
};

/// One word for a lock on its nodes, the same in all runs of that lock, whatever the order of the nodes.
std::string lock_on(const LockKey&, std::vector<Node>);

/// "PID:START:TOKEN:LOCK", with spaces between.
std::string held_text(const std::vector<RunAround>&);
/// The runs in a text as held_text() makes it; words of another form are left out.
std::vector<RunAround> parse_held(std::string_view);

/// The runs in our environment whose process lives and is one that we descend from.
std::vector<RunAround> runs_around();

} // namespace holdfast
