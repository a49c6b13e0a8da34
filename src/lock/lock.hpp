// The lock over all its nodes: acquire, extend, release by quorum. One node is a quorum of one; there is no
// second code path.
//
// A Lock belongs to one thread at a time and moves between them (main → renewal → main). Nothing here
// throws for what nodes do. While no command runs, resolve names before each attempt (NodeSet::resolve).
#pragma once

#include "lock/ballot.hpp"
#include "lock/operations.hpp"
#include "lock/timing.hpp"
#include "redis/node_set.hpp"

#include <functional>
#include <string>
#include <vector>

namespace holdfast {

/// How one attempt to take the lock ended.
struct Attempt {
    Outcome outcome = Outcome::too_few;
    Record holder{};           ///< held
    milliseconds expires_in{}; ///< held: when the quorum ends unless it is renewed
    size_t answered = 0;       ///< nodes that granted or said who holds it
    std::vector<NodeReport> nodes{};
};

enum class Renewal {
    held,  ///< a quorum said yes in this round
    shaky, ///< not enough yes, and not enough no: worth another try while the lease lasts
    lost,  ///< a quorum has become impossible, or the token was revoked: lost for ever
};

class Lock {
  public:
    Lock(NodeSet nodes, LockKey key, Timing timing, Holder self);

    const LockKey& key() const { return key_; }
    const Token& token() const { return token_; }
    const Timing& timing() const { return timing_; }
    NodeSet& nodes() { return nodes_; }

    /// One round with a token of its own. Whatever is not a win has been released everywhere again.
    /// Waits for nobody longer than `until`.
    Attempt try_once(int interrupt = -1, BootTime until = BootTime::max());

    /// Until when the lock is certainly ours; not_granted when it is not.
    BootTime valid_until() const { return holdfast::valid_until(granted_); }
    /// Enough of the lease is left to start a command.
    bool worth_starting() const { return valid_until() - BootClock::now() >= timing_.least_to_start(); }

    /// One round of renewal. Calls `moved` each time valid_until() has changed.
    Renewal extend(const std::function<void()>& moved, int interrupt = -1);
    /// What the nodes said in the last extend.
    const std::vector<NodeReport>& last_reports() const { return reports_; }

    /// Lets go on every node, also on those that timed out or refused. At most about a second, and at most one
    /// node timeout for a node that has not answered since the lock was won. False when so many nodes did not
    /// confirm that the lock may stay held until its TTL ends.
    bool release();

  private:
    /// Sends a release to `asked`; waits for the answers of `awaited` and until the others' are written.
    Answers release_on(const std::vector<bool>& asked, const std::vector<bool>& awaited);
    void undo(const Answers& acquire_answers);
    /// The request that would set our key may reach the node after what is sent now.
    bool may_come_late(size_t node) const;

    NodeSet nodes_;
    LockKey key_;
    Timing timing_;
    Holder self_;
    Token token_;
    Record record_;
    std::vector<BootTime> granted_;                      ///< by node
    std::vector<std::optional<uint64_t>> unanswered_on_; ///< by node: the connection of an acquire without answer
    std::vector<bool> answered_;                         ///< by node: it has answered since the attempt began
    std::vector<NodeReport> reports_;
};

} // namespace holdfast
