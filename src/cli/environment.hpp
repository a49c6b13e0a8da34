// What a command finds in its environment: holdfast's own variables, without those that may have passwords; variables
// that tell the command its lock; and variables that named holdfast's process, which now name the command's.
#pragma once

#include "cli/runs_around.hpp"
#include "config/settings.hpp"
#include "lock/lock.hpp"
#include "process/child.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// Whether the variable is one that holdfast sets, or leaves out, for a command or for the script of acquire.
bool is_of_a_lock(std::string_view variable);

/// A Command of these words, with the part of its environment that is known before the lock is won.
Command command_with_environment(const std::vector<std::string>& words);

/// The variables, as "NAME=value", that tell a command or a script its locks and nodes, and which `runs` are around it.
/// Values for several locks are in the order of the locks here.
std::vector<std::string> lock_variables(const std::vector<const Lock*>&, const std::vector<Node>&, const Settings&,
                                        const std::vector<RunAround>& runs = {});

} // namespace holdfast
