// What a command finds in its environment: what holdfast itself was given, less what carries passwords; what tells the
// command its lock; and variables that named holdfast's process, which name the command's.
#pragma once

#include "config/settings.hpp"
#include "lock/lock.hpp"
#include "process/child.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// These words with all of their environment that is known before the lock is won.
Command command_with_environment(const std::vector<std::string>& words);

/// "NAME=value" of what tells a command or a script its lock.
std::vector<std::string> lock_variables(const Lock&, const std::vector<Node>&, const Settings&);

/// What `text` says of each node, with commas between.
std::string joined(const std::vector<Node>&, std::string (Node::*text)() const);

} // namespace holdfast
