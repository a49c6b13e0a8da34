// The command's process group, and the processes that left it: which of them still live.
//
// Zombies do not count: an init that reaps late must not keep the lock (hazard 74). All code here is async-signal-safe,
// because the guard calls it after a fork from a process with threads.
#pragma once

#include "process/ancestry.hpp"

#include <sys/types.h>

#include <array>
#include <span>

namespace holdfast {

/// How many live processes /proc shows in the group; puts the first of them into `found`. 0 if /proc shows no
/// processes.
size_t members(pid_t group, std::span<pid_t> found);

/// Whether a process of the group is stopped.
bool any_stopped(pid_t group);

/// Whether the group has a live member. Exact and cheap as long as the caller reaps its children and is a subreaper, as
/// the supervisor is: then a group is gone exactly when the kernel knows no member. A member that the kernel knows may
/// be a zombie of another parent, so /proc decides; what /proc cannot tell counts as alive.
bool any_alive(pid_t group);

constexpr pid_t nobody = -1;

/// Throws Failure if /proc does not show processes, because strays could not be found then.
void require_proc();

/// Strays are descendants of the command that left its group. A stray whose parents have ended is found as long as
/// `root` lives, to which orphans come; if that process does not live, `root` is nobody. Async-signal-safe.
struct Strays {
    pid_t root;
    pid_t group;
    pid_t guard;                           ///< the guard descends from root, but is no stray
    std::span<const ProcessId> known = {}; ///< processes that are strays, as are their descendants

    /// Sends the signal to every live stray. Returns how many there are.
    size_t signal(int signal) const;
    /// Puts as many live strays into `found` as fit, and returns how many live in all.
    size_t find(std::span<pid_t> found) const;

    /// Calls `visit` with each live stray and a descriptor of the process, which may be none.
    template <typename Visit>
    void each(Visit visit) const;
};

/// Strays of a group when the supervisor, to which orphans would come, is gone: a stray that was found once stays known
/// after its parents have ended, and its descendants are found through it. Async-signal-safe: allocates no memory.
class KnownStrays {
  public:
    /// Sends the signal to all strays that are known or found now. If the group is gone, `group` is nobody.
    void signal(pid_t group, int signal);
    /// Whether a known stray lives. Does not search all of /proc.
    bool any_alive() const;

  private:
    /// Looks for new strays and returns how many it has added. A stray for which there is no room gets the signal at
    /// once.
    size_t look(pid_t group, int signal);
    void send_to_known(int signal) const;

    std::array<ProcessId, 1024> known_; ///< the first count_ are set
    size_t count_ = 0;
};

} // namespace holdfast
