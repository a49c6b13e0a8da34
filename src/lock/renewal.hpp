// The rounds that keep held locks held, in whatever thread calls them.
//
// keep_renewing() tells a LiveDeadline what the rounds find. The first round starts at once, after the request to be
// told of a force-release; each other round starts a TTL/3 after the start of the one before, or at once when a node
// tells that a lock was taken away. A round without a quorum is repeated after a short, jittered pause as long as the
// lease lasts. The rounds never resolve names, write to stderr or decide about the command: local deadlines decide
// (hazards 45-50).
#pragma once

#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/locks.hpp"

namespace holdfast {

class Rounds {
  public:
    /// The first round is due at `first`. The locks outlive the Rounds.
    Rounds(Locks locks, BootTime first) : locks_{locks}, next_{first} {}

    Locks& locks() { return locks_; }
    /// When the next round is due.
    BootTime next() const { return next_; }
    /// One round, as Locks::extend(), which also sets next(). The result is `lost` as well if a lock has no valid lease
    /// after the round.
    Renewal make(const std::function<void()>& moved, int interrupt);

  private:
    Locks locks_;
    BootTime next_;
};

/// Waits until `until` at most, by default not at all, for the descriptor to become readable, and returns whether it
/// is. The descriptor -1 never is.
bool becomes_readable(int fd, Poller&, BootTime until = {});

/// Renews until a lock is lost or the descriptor `stop` becomes readable, which also ends the wait for an answer. The
/// deadline is already at the locks' valid_until().
void keep_renewing(Locks locks, LiveDeadline& deadline, Poller& poller, int stop);

} // namespace holdfast
