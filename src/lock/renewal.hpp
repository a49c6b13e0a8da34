// The rounds that keep a held lock held, in whatever thread calls them.
//
// They tell what they find to a LiveDeadline. The first round comes at once, behind the wish to be told of a
// force-release, each other a TTL/3 after the beginning of the one before, or at once when a node tells that the lock
// was taken away; a round without a quorum is repeated after a short, jittered pause as long as the lease lasts. They
// never resolve names, write to stderr or decide about the command: local deadlines do (hazards 45-50).
#pragma once

#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/lock.hpp"

namespace holdfast {

/// Until the lock is lost or `stop`, a descriptor, becomes readable; a request that is waited for is given up then. The
/// deadline holds the lock's valid_until already.
void keep_renewing(Lock& lock, LiveDeadline& deadline, Poller& poller, int stop);

} // namespace holdfast
