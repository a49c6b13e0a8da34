// The lock over all its nodes: acquire, extend, release by quorum. One node is a quorum of one; there is no
// second code path.
//
// A Lock belongs to one thread at a time and moves between them (main → renewal → main). Nothing here
// throws for what nodes do. While no command runs, resolve names before each attempt (NodeSet::resolve).
#pragma once

#include "lock/ballot.hpp"
#include "lock/fence.hpp"
#include "lock/lease.hpp"
#include "lock/operations.hpp"
#include "lock/tenure.hpp"
#include "lock/timing.hpp"
#include "redis/node_set.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace holdfast {

/// How one attempt to take the lock ended.
struct Attempt {
    Outcome outcome = Outcome::too_few;
    Record holder{};           ///< held, other_nodes
    milliseconds expires_in{}; ///< held: when the quorum ends unless it is renewed; reserved: how long `first` may take
    Record first{};            ///< reserved: the run that is to have it
    size_t position = 0;       ///< in the queue; 0: we are in none
    size_t answered = 0;       ///< nodes that granted, or named a holder
    size_t voteless = 0;       ///< nodes that answered and have no vote
    /// Set when time alone gives enough of them their votes (lock/restart_guard.hpp).
    std::optional<milliseconds> votes_in{};
    std::vector<NodeReport> nodes{};
};

enum class Renewal {
    held,  ///< a quorum said yes in this round
    shaky, ///< not enough yes in this round: worth another try while the lease lasts
    lost,  ///< a quorum has become impossible (lock/lease.hpp), or the token was revoked: lost for ever
};

struct LockTerms {
    Timing timing;
    /// For how long a node that was started has no vote (lock/restart_guard.hpp). One value for all users of these
    /// nodes.
    std::optional<milliseconds> restart_guard{};
    Mode mode = Mode::scripts;
};

/// Since when a run waits.
struct WaitBegin {
    milliseconds wall = wall_time_since_epoch();
    BootTime boot = BootClock::now();
};

/// How to make one attempt.
struct Try {
    int interrupt = -1;                ///< a descriptor that ends it by becoming readable
    BootTime until = BootTime::max();  ///< no node is waited for any longer
    std::optional<WaitBegin> wait{};   ///< enter the queue, or refresh our place there
    std::function<void()> meanwhile{}; ///< called once, while the nodes think
};

class Lock {
  public:
    Lock(NodeSet nodes, LockKey key, LockTerms terms, Holder self);
    /// One that another process has acquired under that token, as tenure() found it.
    Lock(NodeSet nodes, LockKey key, LockTerms terms, Token token, const Tenure& held);

    const LockKey& key() const { return key_; }
    const Token& token() const { return token_; }
    const Timing& timing() const { return terms_.timing; }
    /// After a win: the number that no earlier holder had.
    Fence fence() const { return fence_; }
    NodeSet& nodes() { return nodes_; }

    /// One round with a token of its own. What an attempt that has not won was granted is released everywhere again.
    Attempt try_once(const Try& how = {});

    /// From here on nodes tell when it is our turn, as far as they can.
    void listen_for_turn() { nodes_.listen(key_.turn_channel(token_.run)); }
    /// Leaves the queue, and takes back whatever an attempt of ours may have left.
    void withdraw();
    /// From here on nodes tell when the lock is taken away from us, as far as they can.
    void listen_for_revocation() { nodes_.listen(key_.revoked_channel()); }
    /// Whether a node has told, since this was last asked, that the lock was taken away. Reads what has come.
    bool told_of_revocation();
    /// By whom and why it was taken away, if a node has told, by itself or in answer to a renewal.
    const std::optional<std::string>& taken_away() const { return taken_away_; }

    /// Until when the lock is certainly ours; nothing when it is not.
    std::optional<BootTime> valid_until() const { return lease_.until(); }
    /// Whether it is certainly ours now.
    bool valid() const;
    /// When a node last said that the lock is ours, by the clock at the reading of its answer.
    BootTime heard_at() const { return heard_at_; }
    /// The last instant at which enough of the lease is left to start a command; nothing without a lease.
    std::optional<BootTime> start_until() const;
    bool worth_starting() const;

    /// One round of renewal. A node that has forgotten the lock gets it back once a quorum has confirmed it in the same
    /// round. Calls `moved` each time valid_until() has changed.
    Renewal extend(const std::function<void()>& moved, int interrupt = -1);
    /// The same, but waits for no other node once a quorum has said yes; a node that has forgotten the lock gets it
    /// back from the next extend().
    Renewal confirm();
    /// What the nodes said in the last extend, release or keep.
    const std::vector<NodeReport>& last_reports() const { return reports_; }

    /// Lets go on every node, also on those that timed out or refused. Where no answer comes it is said once more over
    /// a new connection, and where a node refuses, again and again: two seconds at most, a second for nodes that have
    /// not answered since the lock was won, and no time at all once a quorum has confirmed. False when so many nodes
    /// did not confirm that the lock may stay held until its TTL ends.
    bool release();
    /// Instead of release(): the lock stays held for that long and no longer. False when too few nodes confirmed.
    bool keep(milliseconds rest);

  private:
    class LettingGo;

    /// Sends it to `asked`; waits for the answers of `awaited`, for `at_least` answers in all, for those of the others
    /// no longer than `others_get`, and until their requests are written. A server that still owes us an answer when we
    /// exit does not read on.
    template <typename OperationFor>
    Answers tell(const std::vector<bool>& asked, const std::vector<bool>& awaited, milliseconds others_get,
                 size_t at_least, OperationFor operation_for);
    /// A token of its own, the record with it, an empty lease, and an entry for the queue when the run waits.
    void begin_attempt(bool waits);
    /// What an attempt asks the nodes for.
    Acquire request(const Try&) const;
    /// What a node's answer to that leaves open.
    void heed(size_t node, const Answer&);
    /// The last words on every node, tried again where that helps and it is not too late. Whether a quorum has
    /// confirmed.
    template <typename OperationFor>
    bool let_go(BootTime no_later, OperationFor operation_for, const std::function<bool(Verdict)>& confirms);
    void undo(const Answers& acquire_answers);
    /// The node keeps the key, as it has said.
    void granted(size_t node, const Answer& yes);
    std::vector<NodeReport> same_servers() const;
    /// A node that is listed before this one and is the same server: together they have one vote.
    std::optional<size_t> same_server_before(size_t node) const;
    /// Whether a node says that our token is void; keeps its words.
    bool is_revoked(const Ballot::Vote& vote);
    bool agree_on_fence(FenceAgreement, BootTime deadline);
    /// Marks the nodes that have forgotten the lock.
    Renewal extend(size_t yes_enough, std::vector<bool>& missing, const std::function<void()>& moved, int interrupt);
    Renewal restore(const std::vector<bool>& missing, const std::function<void()>& moved, int interrupt);
    std::vector<NodeReport> reports(const Ballot&, const Answers&, bool won) const;
    /// The request that would set our key may reach the node after what is sent now.
    bool may_come_late(size_t node) const;

    NodeSet nodes_;
    LockKey key_;
    LockTerms terms_;
    Holder self_;
    Token token_;
    Record record_;
    Record entry_; ///< in the queue; empty as long as we have never waited
    Fence fence_;
    Lease lease_;
    BootTime heard_at_{};
    std::vector<Mode> modes_; ///< by node
    std::vector<std::optional<uint64_t>>
        unanswered_on_;          ///< by node: the connection of an acquire or restore without answer
    std::vector<bool> answered_; ///< by node: when it was last waited for it has answered
    std::vector<NodeReport> reports_;
    std::optional<std::string> taken_away_;
};

} // namespace holdfast
