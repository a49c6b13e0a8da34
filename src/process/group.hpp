// The command's process group, and the processes that left it: which of them still live.
//
// Zombies do not count: an init that reaps late must not keep the lock (hazard 74). All of this is
// async-signal-safe: the guard calls it after a fork from a process with threads.
#pragma once

#include "process/ancestry.hpp"

#include <sys/types.h>

#include <array>
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
/// orphans come, lives; when it does not, `root` is nobody. Async-signal-safe.
struct Strays {
    pid_t root;
    pid_t group;
    pid_t guard;                           ///< descends from root and is none
    std::span<const ProcessId> known = {}; ///< they are strays, and so are their descendants

    /// Sends it to all of them that live. Returns how many there are.
    size_t signal(int signal) const;
    /// How many live; the first of them in `found`.
    size_t find(std::span<pid_t> found) const;

    /// Calls `visit` with each one that lives, and a descriptor of it, which may be none.
    template <typename Visit>
    void each(Visit visit) const;
};

/// Strays of a group whose orphans come to no process of ours: a stray that was found once is known also when its
/// parents have ended, and so are its descendants. Async-signal-safe: it asks for no memory.
class KnownStrays {
  public:
    /// To all strays that are known or found now. When the group is gone, `group` is nobody.
    void signal(pid_t group, int signal);
    /// Whether one that is known lives. No look at all processes.
    bool any_alive() const;

  private:
    /// Returns how many strays are known more than before. Where there is no room for one, it gets the signal at once.
    size_t look(pid_t group, int signal);
    void send_to_known(int signal) const;

    std::array<ProcessId, 1024> known_; ///< of these the first count_
    size_t count_ = 0;
};

} // namespace holdfast
