// The command's process group, and the processes that left it: which of them still live.
//
// Zombies do not count as alive: an init that reaps late must not keep the lock (hazard 74). All code here but
// require_proc() is async-signal-safe, because the guard calls it after a fork from a process with threads.
#pragma once

#include "process/ancestry.hpp"

#include <sys/types.h>

#include <array>
#include <span>

namespace holdfast {

/// How many live processes of the group /proc shows; puts the ids of as many as fit into `found`. 0 if /proc shows no
/// processes.
size_t members(pid_t group, std::span<pid_t> found);

/// Whether /proc shows a process of the group that a signal has stopped (SIGSTOP, Ctrl-Z).
bool any_stopped(pid_t group);

/// Whether the group has a live member. False if the kernel knows no member, or if /proc shows that all members are
/// zombies of other parents. True in all other cases, so also if /proc does not tell, and for a zombie whose parent is
/// the caller: the caller has to reap its children.
bool any_alive(pid_t group);

constexpr pid_t nobody = -1;

/// Throws Failure if /proc does not show processes, because strays could not be found then.
void require_proc();

/// Finds strays: descendants of the command that left its group. `root` is the supervisor: it becomes the parent of
/// orphans, so a stray is found even if its own parents have ended. When the supervisor has ended, `root` is nobody,
/// and such a stray is found only if it, or an ancestor that lives, is in `known`. Async-signal-safe.
struct Strays {
    pid_t root;
    pid_t group;
    pid_t guard;                           ///< the guard's process, which descends from root but is no stray
    std::span<const ProcessId> known = {}; ///< processes that are strays, as are their descendants

    /// Sends the signal to every live stray. Returns how many live strays it has found.
    size_t signal(int signal) const;
    /// Puts as many live strays into `found` as fit, and returns how many live in all.
    size_t find(std::span<pid_t> found) const;

    /// Calls `visit` with each live stray and a pidfd of it, which is empty if the kernel gives none.
    template <typename Visit>
    void each(Visit visit) const;
};

/// Finds strays of a group when the supervisor, to which orphans would come, has ended: keeps each stray that it has
/// found (1024 at most), so that the stray and its descendants are still found after the stray's parents have ended.
/// Async-signal-safe: allocates no memory.
class KnownStrays {
  public:
    /// Looks for new strays, and sends the signal to these and to all that are known. With SIGKILL stops them first, so
    /// that none can fork meanwhile. `group` is nobody if the group is gone.
    void signal(pid_t group, int signal);
    /// Whether one of the strays found so far lives. Does not look for new ones.
    bool any_alive() const;

  private:
    /// Looks for new strays, keeps them, and returns how many it has kept. A stray for which there is no room gets the
    /// signal at once.
    size_t look(pid_t group, int signal);
    void send_to_known(int signal) const;

    std::array<ProcessId, 1024> known_; ///< the first count_ are set
    size_t count_ = 0;
};

} // namespace holdfast
