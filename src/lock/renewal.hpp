// The rounds that keep held locks held, in whatever thread calls them.
//
// The rounds tell a LiveDeadline what they find. The first round starts at once, after the request to be told of a
// force-release; each other round starts a TTL/3 after the start of the one before, or at once when a node tells that
// a lock was taken away. A round without a quorum is repeated after a short, jittered pause as long as the lease
// lasts. The rounds never resolve names, write to stderr or decide about the command: local deadlines decide (hazards
// 45-50).
#pragma once

#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/locks.hpp"

namespace holdfast {

/// Renews until a lock is lost or the descriptor `stop` becomes readable, which also ends the wait for an answer. The
/// deadline is the locks' valid_until() already.
void keep_renewing(Locks locks, LiveDeadline& deadline, Poller& poller, int stop);

} // namespace holdfast
