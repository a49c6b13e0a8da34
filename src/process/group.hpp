// The command's process group: who is in it, and signals to all of it.
#pragma once

#include <sys/types.h>

#include <vector>

namespace holdfast {

/// Processes of the group that are not zombies, as /proc shows them.
std::vector<pid_t> members(pid_t group);

/// Whether anything of the group still lives. Cheap when nothing does. Zombies do not count: an init that
/// reaps late must not keep the lock (hazard 74).
bool any_alive(pid_t group);

} // namespace holdfast
