// Until when the commands of the runs around this one may run. So this run's guard can stop its own command in time,
// whatever becomes of the holdfasts around: each of them can be stopped, and the end of one that was killed can take
// the kernel seconds.
//
// An outer run stops the group of its command, so its lease counts for a run inside only if that run is in this group,
// or in the group of a run in between of which that holds. The lease no longer counts once the outer run, or one in
// between, has ended by itself, nor if the outer run goes on when its lock is lost. A lease that we cannot see does not
// count, nor do those of the runs around its run (base/shared.hpp tells who sees which).
#pragma once

#include "base/live_deadline.hpp"
#include "process/ancestry.hpp"

#include <span>
#include <vector>

namespace holdfast {

class OuterLeases {
  public:
    /// None.
    OuterLeases() = default;
    /// `told`: the processes of the runs around us that our environment tells, the outermost first; a process may be
    /// there several times. Beside these each of our ancestors that has a lease is such a run. Main thread.
    explicit OuterLeases(std::span<const ProcessId> told);
    OuterLeases(const OuterLeases&) = delete;
    OuterLeases& operator=(const OuterLeases&) = delete;
    ~OuterLeases();

    /// Whether there is a run around us.
    bool inside() const { return inside_; }

    struct Due {
        BootTime kill_at; ///< when our command has to be killed, after the outer run and its guard would have
        BootTime look_at; ///< when to ask again, because nothing tells that an end has moved back
    };
    /// By the lease that ends first; both BootTime::max() if none counts. Async-signal-safe.
    Due due(BootTime now) const;

  private:
    struct Outer {
        const LiveDeadline::Memory* lease;
        pid_t group; ///< the lease counts while it is for this group, in which we are, or a run between
    };
    bool inside_ = false;
    std::vector<Outer> leases_; ///< the innermost first
};

} // namespace holdfast
