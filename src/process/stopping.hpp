// Whether a command is to be stopped, and when its group gets which signal: the decisions of the supervisor, which
// looks at the lease again and again. Pure: no clock, no signals. Main thread.
//
// process/stop_times.hpp computes the instants. Once SIGTERM is due because the lease comes to its end, the lock counts
// as lost, whatever a node says later (hazards 46, 47): from then on the instant of SIGKILL may become earlier, but not
// later.
#pragma once

#include "base/live_deadline.hpp"
#include "process/stop_times.hpp"

#include <optional>

namespace holdfast {

class Stopping {
  public:
    /// With `on_loss` a lost lock stops the command; otherwise look() only returns the loss.
    Stopping(StopTimes times, bool on_loss) : times_{times}, on_loss_{on_loss} {}

    enum class Loss {
        certain,    ///< the nodes say that the lock is lost, or the lock cannot be renewed
        due,        ///< the end of the lease is so near that the command has to stop
        guard_told, ///< the guard has told the command to stop while the supervisor was stopped
    };
    /// Looks at the lease and decides whether the lock is lost and when the group is stopped for that. Returns how the
    /// lock was lost in the one call that finds it lost, otherwise nothing.
    std::optional<Loss> look(const LiveDeadline& lease, bool guard_has_told, BootTime now);
    /// Notes that the lock is lost for certain, for a reason that the lease does not show, such as a guard that cannot
    /// be replaced.
    void lose(StopTimes::Lease, BootTime now);
    /// Decides that the group gets SIGTERM now and SIGKILL at `kill_at`. After several calls the earliest `kill_at`
    /// counts.
    void stop(BootTime kill_at);

    bool lost() const { return lost_; }
    /// Whether the group is to be stopped, or its stop has begun.
    bool stopping() const { return kill_at_.has_value(); }

    struct Due {
        bool term; ///< send SIGTERM, then SIGCONT; true once
        bool kill; ///< send SIGKILL; true each time from then on
    };
    /// Which signals to send at `now`. Call only to send them: `term` is not returned again.
    Due due(BootTime now);
    /// When the supervisor has to call look() and due() again, or earlier if `lease` changes before.
    BootTime next(const LiveDeadline& lease) const;

  private:
    StopTimes times_;
    bool on_loss_;
    bool lost_ = false;
    bool told_ = false;
    std::optional<BootTime> kill_at_;
};

} // namespace holdfast
