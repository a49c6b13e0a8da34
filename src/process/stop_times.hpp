// When a command is stopped, given until when its lock is certainly held. Pure arithmetic, in one place for the
// supervisor and the guard.
//
// With G = grace and K = kill margin: SIGTERM (and SIGCONT, for a stopped process would not take it) at valid_until - K
// - G, SIGKILL at valid_until - K, so that the last process is gone before another holder can have the lock (hazards
// 46, 75, 76). When the lock is lost for certain before SIGTERM is due, SIGTERM is due at once and SIGKILL G later. The
// guard acts a part of K later, so that it acts only if the supervisor does not.
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

    /// When SIGTERM is due; `lost` is when the lock was found to be lost for certain.
    BootTime term_at(Lease lease, BootTime lost = never) const {
        return std::min(lost, end(lease) - kill_margin - grace);
    }
    /// When SIGKILL is due. If the command is stopped for another reason, `lost` is when it is told to stop.
    BootTime kill_at(Lease lease, BootTime lost = never) const { return term_at(lease, lost) + grace; }

    BootTime guard_term_at(Lease lease, BootTime lost = never) const { return term_at(lease, lost) + kill_margin / 4; }
    BootTime guard_kill_at(Lease lease, BootTime lost = never) const { return kill_at(lease, lost) + kill_margin / 2; }

    struct Act {
        bool term;
        bool kill;
        BootTime next; ///< when to look again
    };
    /// What the guard does at `now`; `told`: the group has been told to stop; `lost`: when the lock was lost for
    /// certain, if it was.
    Act guard_act(Lease lease, std::optional<BootTime> lost, bool told, BootTime now) const {
        const BootTime term_at = guard_term_at(lease, lost.value_or(never));
        const BootTime kill_at = guard_kill_at(lease, lost.value_or(never));
        const bool term = !told && now >= term_at;
        return {term, now >= kill_at, told || term ? kill_at : term_at};
    }

  private:
    /// A lease that is not held ended when the host was started, so that all instants above are past.
    static BootTime end(Lease lease) { return lease.value_or(BootTime{}); }
};

} // namespace holdfast
