// The command's process group: who of it still lives.
//
// Zombies do not count: an init that reaps late must not keep the lock (hazard 74). All of this is
// async-signal-safe: the guard calls it after a fork from a process with threads.
#pragma once

#include <sys/types.h>

#include <span>

namespace holdfast {

/// How many live processes /proc shows in that group; the first of them in `found`.
size_t members(pid_t group, std::span<pid_t> found);

/// Whether there are any. Cheap when there are none.
bool any_alive(pid_t group);

/// Sends a signal to the group if anything of it lives. A number of a group that is gone may be another's by now.
void signal_if_alive(pid_t group, int signal);

} // namespace holdfast
