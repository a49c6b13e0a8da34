// When a command is stopped, given until when its lock is certainly held. Pure arithmetic, in one place for the
// supervisor and the guard.
//
// With G = grace and K = kill margin: SIGTERM (and SIGCONT, for a stopped process would not take it) at
// valid_until - K - G, SIGKILL at valid_until - K, so that the last process is gone before the lock can be
// anybody else's (hazards 46, 75, 76). The guard comes a part of K later, so that it acts only where the
// supervisor does not.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <optional>

namespace holdfast {

struct StopTimes {
    milliseconds grace;
    milliseconds kill_margin;

    /// Until when the lock is certainly held; nothing when it is not.
    using Lease = std::optional<BootTime>;

    BootTime term_at(Lease lease) const { return end(lease) - kill_margin - grace; }
    BootTime kill_at(Lease lease) const { return end(lease) - kill_margin; }
    /// For what is told to stop before term_at, because the lock is lost for certain.
    BootTime kill_at(Lease lease, BootTime told) const { return std::min(told + grace, kill_at(lease)); }

    BootTime guard_term_at(Lease lease) const { return term_at(lease) + kill_margin / 4; }
    BootTime guard_kill_at(Lease lease) const { return kill_at(lease) + kill_margin / 2; }
    /// When the lock is lost for certain.
    BootTime guard_term_at(Lease lease, BootTime lost) const {
        return std::min(lost, term_at(lease)) + kill_margin / 4;
    }
    BootTime guard_kill_at(Lease lease, BootTime lost) const { return kill_at(lease, lost) + kill_margin / 2; }

    struct Act {
        bool term;
        bool kill;
        BootTime next; ///< when to look again
    };
    /// What the guard of a group does that has been `told` to stop or not, under a lock that was `lost` for certain or
    /// was not.
    Act guard_act(Lease lease, std::optional<BootTime> lost, bool told, BootTime now) const {
        const BootTime term_at = lost ? guard_term_at(lease, *lost) : guard_term_at(lease);
        const BootTime kill_at = lost ? guard_kill_at(lease, *lost) : guard_kill_at(lease);
        const bool term = !told && now >= term_at;
        return {term, now >= kill_at, told || term ? kill_at : term_at};
    }

  private:
    /// What is not held has ended when the host was started: all of these are past.
    static BootTime end(Lease lease) { return lease.value_or(BootTime{}); }
};

} // namespace holdfast
