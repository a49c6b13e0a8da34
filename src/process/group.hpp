// The command's process group, and who left it: who of them still lives.
//
// Zombies do not count: an init that reaps late must not keep the lock (hazard 74). All of this is
// async-signal-safe: the guard calls it after a fork from a process with threads.
#pragma once

#include <sys/types.h>

#include <span>

namespace holdfast {

/// How many live processes /proc shows in that group; the first of them in `found`. None where it shows no processes.
size_t members(pid_t group, std::span<pid_t> found);

/// Whether one of them is stopped.
bool any_stopped(pid_t group);

/// Whether there are any. Exact and cheap as long as the caller reaps what ends and orphans come to it (as they come to
/// the supervisor, a subreaper): then a group is gone just when the kernel knows no member. Only where nothing but
/// zombies of other parents is left does /proc decide, and whatever it cannot tell counts as alive.
bool any_alive(pid_t group);

constexpr pid_t nobody = -1;

/// Throws Failure where /proc does not show processes, so that strays could not be found.
void require_proc();

/// Descendants of the command that left its group. Those whose parents have ended are found as long as `root`, to which
/// orphans come, lives; when it does not, it is nobody. Async-signal-safe.
struct Strays {
    pid_t root;
    pid_t group;
    pid_t guard; ///< descends from root and is none

    /// Sends it to all of them that live. Returns how many there are.
    size_t signal(int signal) const;
    /// How many live; the first of them in `found`.
    size_t find(std::span<pid_t> found) const;

  private:
    template <typename Visit>
    size_t each(Visit visit) const;
};

} // namespace holdfast
