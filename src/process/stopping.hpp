// Whether a command is to be stopped, and what its group gets when: the decisions of the supervisor, as it looks at the
// lease again and again. Pure: no clock, no signals. Main thread.
//
// The instants are of process/stop_times.hpp. Once SIGTERM is due for a loss the lock is lost, whatever is heard later
// (hazards 46, 47): SIGKILL comes earlier than was said first, and never later.
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
        certain,    ///< the nodes say so, or it cannot be renewed
        due,        ///< its end is so near that the command has to stop
        guard_told, ///< the guard has told the command to stop while the supervisor was stopped
    };
    /// What the lock is lost by, once: when it has been lost since the last look.
    std::optional<Loss> look(const LiveDeadline& lease, bool guard_has_told, BootTime now);
    /// It is lost for certain, by what the lease does not show.
    void lose(StopTimes::Lease, BootTime now);
    /// The group is to be told to stop, and killed then; of several such instants the first counts.
    void stop(BootTime kill_at);

    bool lost() const { return lost_; }
    /// The group is to be told to stop, or has been.
    bool stopping() const { return kill_at_.has_value(); }

    struct Due {
        bool term; ///< SIGTERM, and SIGCONT behind it: once
        bool kill; ///< SIGKILL: each time from then on
    };
    Due due(BootTime now);
    /// When to look again, unless the lease wakes its watcher before.
    BootTime next(const LiveDeadline& lease) const;

  private:
    StopTimes times_;
    bool on_loss_;
    bool lost_ = false;
    bool told_ = false;
    std::optional<BootTime> kill_at_;
};

} // namespace holdfast
