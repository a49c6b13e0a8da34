// HOLDFAST_HELD: the runs around a command, each with its process and with what it holds. The variable outlives the run
// in whatever the command has left behind, so what it says is believed only of processes that are still around us.
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

/// A lock on its nodes in a word: what two runs of the same lock have in common, whatever the order of their nodes.
std::string lock_on(const LockKey&, std::vector<Node>);

/// "PID:START:TOKEN:LOCK", with spaces between.
std::string held_text(const std::vector<RunAround>&);
/// What is not of that form is left out.
std::vector<RunAround> parse_held(std::string_view);

/// By our environment, those of them that live and that we descend from.
std::vector<RunAround> runs_around();

} // namespace holdfast
