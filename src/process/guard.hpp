// A tiny process that stops the command when holdfast itself cannot: killed, out of memory, stopped, frozen in a
// debugger (hazards 68, 69).
//
// It is in its own process group, takes no signal but SIGKILL, and has none of our descriptors but a pipe, at whose
// end it knows that we are gone. The lock's deadline and the command's group are in memory that it shares with us.
// When we are gone it stops the group at once, with the grace (inside another run without one); when the deadline comes
// near and we have not acted, it acts in our place. When it is killed itself, the supervisor replaces it. It does not
// know Redis: what it stops, the lock outlives by its TTL.
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
    /// There is a run around this one: when it has killed us for want of its own lock, no time is left for a grace.
    bool inner = false;
    bool acts_on_loss = true; ///< otherwise only when we are gone
};

class Guard {
  public:
    static constexpr const char* name = "holdfast-guard"; ///< as ps(1) and /proc show it

    /// Forks. `deadline` outlives the Guard. Throws Failure.
    Guard(const LiveDeadline& deadline, GuardRules rules);
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    /// Ends and reaps it, but when it has not been dismissed from its group: then it finishes alone, as it does when we
    /// are killed.
    ~Guard();

    pid_t pid() const { return pid_; }

    /// From here on it acts on that group; the deadline is the lock's. One that was killed or stopped meanwhile is
    /// replaced; false when that cannot be.
    bool watch(pid_t group);
    /// The group has been told to stop by us.
    void told() { state_->told = true; }
    /// The group has been told to stop, by us or by the guard while we were stopped.
    bool has_told() const { return state_->told; }
    /// The group is gone: nothing is left to guard.
    void dismiss();

    /// It is dead and reaped: forks another; false when that cannot be. Other threads may be running.
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
    /// The group at once, and with `tree` its strays, which are found without parents while the supervisor lives.
    void signal(pid_t group, int signal) const;
    /// The same when the supervisor does not live: strays are found by their parents, which must not end before.
    void signal_alone(KnownStrays& strays, pid_t group, int signal) const;

    const LiveDeadline& deadline_;
    GuardRules rules_;
    pid_t supervisor_ = ::getpid();
    Shared<State> state_;
    Fd pipe_;
    pid_t pid_ = -1;
};

} // namespace holdfast
