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

namespace holdfast {

struct StopTimes {
    milliseconds grace;
    milliseconds kill_margin;

    BootTime term_at(BootTime valid_until) const { return valid_until - kill_margin - grace; }
    BootTime kill_at(BootTime valid_until) const { return valid_until - kill_margin; }
    /// For what is told to stop before term_at, because the lock is lost for certain.
    BootTime kill_at(BootTime valid_until, BootTime told) const { return std::min(told + grace, kill_at(valid_until)); }

    BootTime guard_term_at(BootTime valid_until) const { return term_at(valid_until) + kill_margin / 4; }
    BootTime guard_kill_at(BootTime valid_until) const { return kill_at(valid_until) + kill_margin / 2; }
};

} // namespace holdfast
