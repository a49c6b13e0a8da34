// When a command is stopped, computed from the end of its lease, which is until when its lock is certainly held. Pure
// arithmetic, in one place for the supervisor and the guard.
//
// With E = the end of the lease, G = the grace and K = the kill margin: SIGTERM (and SIGCONT, because a stopped process
// would not take SIGTERM) is due at E - K - G, and SIGKILL at E - K, so that the last process is gone before another
// holder can have the lock (hazards 46, 75, 76). If the lock is found to be lost earlier, SIGTERM is due at once and
// SIGKILL G later. The guard acts later than the supervisor, K / 4 with SIGTERM and K / 2 with SIGKILL, so that it acts
// only if the supervisor does not.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <optional>

namespace holdfast {

struct StopTimes {
    static constexpr BootTime never = BootTime::max();

    milliseconds grace;
    milliseconds kill_margin;

    /// Until when the lock is certainly held; nothing when it is not.
    using Lease = std::optional<BootTime>;

    /// When SIGTERM is due. `lost` is when the lock was found to be lost for certain; never: it was not.
    BootTime term_at(Lease lease, BootTime lost = never) const {
        return std::min(lost, end(lease) - kill_margin - grace);
    }
    /// When SIGKILL is due. `lost` as for term_at(); if the command is stopped for another reason than a loss, it is
    /// when SIGTERM is sent.
    BootTime kill_at(Lease lease, BootTime lost = never) const { return term_at(lease, lost) + grace; }

    BootTime guard_term_at(Lease lease, BootTime lost = never) const { return term_at(lease, lost) + kill_margin / 4; }
    BootTime guard_kill_at(Lease lease, BootTime lost = never) const { return kill_at(lease, lost) + kill_margin / 2; }

    struct Act {
        bool term;
        bool kill;
        BootTime next; ///< when to look again
    };
    /// What the guard does at `now`. `told`: SIGTERM was sent to the group already; `lost`: when the lock was found to
    /// be lost for certain; nothing: it was not.
    Act guard_act(Lease lease, std::optional<BootTime> lost, bool told, BootTime now) const {
        const BootTime term_at = guard_term_at(lease, lost.value_or(never));
        const BootTime kill_at = guard_kill_at(lease, lost.value_or(never));
        const bool term = !told && now >= term_at;
        return {term, now >= kill_at, told || term ? kill_at : term_at};
    }

  private:
    /// Without a lease the end is the start of the host, so that SIGTERM and SIGKILL are due already.
    static BootTime end(Lease lease) { return lease.value_or(BootTime{}); }
};

} // namespace holdfast
