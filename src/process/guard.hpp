// The guard is a tiny process that stops the command when holdfast itself cannot, because holdfast was killed (by a
// user or for want of memory), stopped, or frozen in a debugger (hazards 68, 69).
//
// The guard is in its own process group, takes no signal but SIGKILL and SIGSTOP, which no process can refuse, and has
// none of our descriptors but an event and a pipe. The pipe's end shows that we are gone, and a signal from the kernel
// shows that our main thread has ended. The lock's deadline and the command's group are in memory that the guard shares
// with us. When we are gone, the guard stops the group at once: SIGTERM, and SIGKILL after the grace (inside another
// run SIGKILL at once). If the deadline comes near and we have not acted, the guard acts in our place. When the lease
// of a run around this one is about to end, it sends SIGKILL (process/outer_leases.hpp). The supervisor replaces a
// guard that is killed or stopped. The guard does not know Redis, so after it has stopped the command, the lock stays
// held until its TTL ends.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/live_deadline.hpp"
#include "base/shared.hpp"
#include "process/group.hpp"
#include "process/outer_leases.hpp"
#include "process/stop_times.hpp"

#include <sys/types.h>

#include <atomic>
#include <optional>

namespace holdfast {

struct GuardRules {
    StopTimes times;
    bool tree = false; ///< stop strays as well (process/group.hpp)
    /// This run is inside another run. That run may have killed us because it lost its lock, so when we are gone, there
    /// is no time for a grace.
    bool inner = false;
    bool acts_on_loss = true; ///< otherwise the guard acts only when we are gone, or an outer lease ends
};

class Guard {
  public:
    static constexpr const char* name = "holdfast-guard"; ///< as ps(1) and /proc show it

    /// Forks the guard. `deadline` and `outer`, the leases of the runs around this one, outlive the Guard. Main thread,
    /// whose end the guard takes for ours. Throws Failure.
    Guard(const LiveDeadline& deadline, const OuterLeases& outer, GuardRules rules);
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    /// After dismiss(), or without watch(), kills and reaps the guard process. Otherwise leaves it alive: it stops the
    /// group that it watches, as when we are killed.
    ~Guard();

    /// Nothing if the guard has ended and could not be replaced.
    std::optional<pid_t> pid() const { return pid_; }

    /// From this call on the guard acts on that group; set the deadline before. If the guard was killed or stopped
    /// meanwhile, replaces it as replace() does; false if that fails.
    bool watch(pid_t group);
    /// Notes that the supervisor has sent SIGTERM to the group, so that the guard does not send it again.
    void told() { state_->told = true; }
    /// Whether SIGTERM was sent to the group: by us (told()), or by the guard while we were stopped.
    bool has_told() const { return state_->told; }
    /// Whether the guard has sent SIGKILL because the lease of a run around this one ended.
    bool outer_ended() const { return state_->outer_ended; }
    /// Ends the guard without any signal to the group, because the group is gone.
    void dismiss();

    /// Forks another guard in place of one that, as waitpid(2) says with `wait_status`, is stopped or has ended; false
    /// if that fails. A stopped guard is killed only when the other one stands, because holdfast may be killed in
    /// between; the caller reaps it. Main thread; other threads may run.
    bool replace(int wait_status);

  private:
    struct State {
        std::atomic<pid_t> group = 0; ///< 0: nothing to guard
        std::atomic<bool> told = false;
        std::atomic<bool> outer_ended = false;
    };
    /// Forks the guard that pid_ names from then on, and kills the one before it if that is `stopped`. If the fork
    /// fails, changes nothing and returns false.
    bool start(std::optional<pid_t> stopped);
    [[noreturn]] void run() const;
    bool alive(pid_t group) const;
    void finish_alone(pid_t group, bool told) const;
    /// Sends the signal to the group, then with `tree` to its strays. For use while the supervisor lives: then strays
    /// are found even if their parents have ended.
    void signal(pid_t group, int signal) const;
    /// Sends the signal to the group and with `tree` to its strays, as signal() does, when the supervisor has ended:
    /// new strays are found only through parents that live, so SIGKILL comes after a SIGSTOP for all.
    void signal_alone(KnownStrays& strays, pid_t group, int signal) const;

    const LiveDeadline& deadline_;
    const OuterLeases& outer_;
    GuardRules rules_;
    pid_t supervisor_ = ::getpid();
    Shared<State> state_;
    Fd pipe_;
    std::optional<pid_t> pid_;
};

} // namespace holdfast
