// A tiny process that stops the command when holdfast itself cannot: killed, out of memory, stopped, frozen in a
// debugger (hazards 68, 69).
//
// The guard is in its own process group, takes no signal but SIGKILL, and has none of our descriptors but an event and
// a pipe, whose end shows that we are gone. The lock's deadline and the command's group are in memory that the guard
// shares with us. When we are gone, the guard stops the group at once, with the grace (inside another run without one);
// if the deadline comes near and we have not acted, the guard acts in our place. The supervisor replaces a guard that
// is killed. The guard does not know Redis, so after it has stopped the command, the lock stays held until its TTL
// ends.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/live_deadline.hpp"
#include "base/shared.hpp"
#include "process/group.hpp"
#include "process/stop_times.hpp"

#include <sys/types.h>

#include <atomic>

namespace holdfast {

struct GuardRules {
    StopTimes times;
    bool tree = false; ///< stop strays as well (process/group.hpp)
    /// There is a run around this one: if that run has killed us because it lost its lock, no time is left for a grace.
    bool inner = false;
    bool acts_on_loss = true; ///< otherwise the guard acts only when we are gone
};

class Guard {
  public:
    static constexpr const char* name = "holdfast-guard"; ///< as ps(1) and /proc show it

    /// Forks. `deadline` outlives the Guard. Throws Failure.
    Guard(const LiveDeadline& deadline, GuardRules rules);
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    /// Kills and reaps the guard process, unless a group is still to be guarded: then the guard stops it, as when we
    /// are killed.
    ~Guard();

    pid_t pid() const { return pid_; }

    /// From this call on the guard acts on that group; the caller has set the deadline before. Replaces a guard that
    /// was killed or stopped meanwhile; false if that fails.
    bool watch(pid_t group);
    /// Notes that we have told the group to stop.
    void told() { state_->told = true; }
    /// Whether the group has been told to stop, by us or by the guard while we were stopped.
    bool has_told() const { return state_->told; }
    /// Ends the guard, because the group is gone.
    void dismiss();

    /// Forks another guard after the last one was reaped; false if that fails. Other threads may be running.
    bool replace();

  private:
    struct State {
        std::atomic<pid_t> group = 0; ///< 0: nothing to guard
        std::atomic<bool> told = false;
    };
    bool start();
    [[noreturn]] void run() const;
    bool alive(pid_t group) const;
    void finish_alone(pid_t group, bool told) const;
    /// Sends the signal to the group at once, and with `tree` to its strays, which are found even without parents while
    /// the supervisor lives.
    void signal(pid_t group, int signal) const;
    /// As signal(), when the supervisor has ended: strays are found by their parents, which must not end before them.
    void signal_alone(KnownStrays& strays, pid_t group, int signal) const;

    const LiveDeadline& deadline_;
    GuardRules rules_;
    pid_t supervisor_ = ::getpid();
    Shared<State> state_;
    Fd pipe_;
    pid_t pid_ = -1;
};

} // namespace holdfast
