// The arithmetic of a lease, in one place: pure functions of durations and instants, no clock, no I/O.
// holdfast-protocol(7), TIME AND LEASE has the rules.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>

namespace holdfast {

struct Timing {
    milliseconds ttl;          ///< how long a node keeps the key after the node's last yes
    milliseconds grace;        ///< between SIGTERM and SIGKILL
    milliseconds node_timeout; ///< for one request on an open connection
    double drift_ratio = 0.01; ///< bound on the difference between any two clock rates
    double processor_wait = 1; ///< how many times longer than at nice 0 the process may wait for a processor

    /// What different clock rates can take away from one TTL.
    nanoseconds drift() const;
    /// The time between SIGKILL and the end of the lease, in which the last process of the command has to be gone. It
    /// is longer if a low priority makes holdfast wait for a processor.
    milliseconds kill_margin() const;
    bool widened() const;
    milliseconds renewal_interval() const { return ttl / 3; }
    /// What must be left of the lease for a command to be started.
    milliseconds least_to_start() const { return grace + kill_margin() + node_timeout; }
};

/// Why these timings cannot work, as a sentence that says what to change; nothing when they can.
std::optional<std::string> impossible(const Timing&);

/// Until when one node certainly keeps the key, given its yes to the request sent at `sent_at` (hazard 1).
BootTime granted_until(BootTime sent_at, const Timing&);

} // namespace holdfast
