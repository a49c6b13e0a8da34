// What a command finds in its environment: what holdfast itself was given, less what carries passwords; what tells the
// command its lock; and variables that named holdfast's process, which name the command's.
#pragma once

#include "cli/runs_around.hpp"
#include "config/settings.hpp"
#include "lock/lock.hpp"
#include "process/child.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// These words with all of their environment that is known before the lock is won.
Command command_with_environment(const std::vector<std::string>& words);

/// "NAME=value" of what tells a command or a script its lock, and which `runs` are around it.
std::vector<std::string> lock_variables(const Lock&, const std::vector<Node>&, const Settings&,
                                        const std::vector<RunAround>& runs = {});

} // namespace holdfast
