// Whether a command is to be stopped, and when its group gets which signal: the decisions of the supervisor, which
// looks at the lease again and again. Pure: no clock, no signals. Main thread.
//
// process/stop_times.hpp computes the instants. Once SIGTERM is due for a loss the lock is lost, whatever a node says
// later (hazards 46, 47): the instant of SIGKILL may become earlier, but never later.
#pragma once

#include "base/live_deadline.hpp"
#include "process/stop_times.hpp"

#include <optional>

namespace holdfast {

class Stopping {
  public:
    /// With `on_loss` a lost lock stops the command; otherwise the loss is only found.
    Stopping(StopTimes times, bool on_loss) : times_{times}, on_loss_{on_loss} {}

    enum class Loss {
        certain,    ///< the nodes say that the lock is lost, or the lock cannot be renewed
        due,        ///< the end of the lease is so near that the command has to stop
        guard_told, ///< the guard has told the command to stop while the supervisor was stopped
    };
    /// How the lock was lost, if it was lost since the last look; a loss is returned once.
    std::optional<Loss> look(const LiveDeadline& lease, bool guard_has_told, BootTime now);
    /// Notes that the lock is lost for certain, for a reason that the lease does not show.
    void lose(StopTimes::Lease, BootTime now);
    /// Notes that the group is to be told to stop now and killed at `kill_at`; the earliest of several such instants
    /// counts.
    void stop(BootTime kill_at);

    bool lost() const { return lost_; }
    /// Whether the group is to be told to stop, or has been told.
    bool stopping() const { return kill_at_.has_value(); }

    struct Due {
        bool term; ///< send SIGTERM, then SIGCONT; true once
        bool kill; ///< send SIGKILL; true each time from then on
    };
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
