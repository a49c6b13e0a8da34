// What the nodes said to one attempt to take the lock, and what follows from it. Pure: no clock, no I/O.
#pragma once

#include "base/node_report.hpp"
#include "lock/operations.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

enum class Outcome {
    won,
    skipped,     ///< a node has the mark of a success that counts for us, and a quorum answered
    held,        ///< another holder has a quorum; with slots: one without a slot has, or the holder of each slot has
    reserved,    ///< the lock is free, but on a quorum other waiters are ahead of us in the queue
    contended,   ///< a quorum answered, and no other holder that is in our way has a quorum
    too_few,     ///< too few nodes answered, or too late to leave enough of the lease
    not_a_lock,  ///< on so many nodes the key is not a lock that no quorum is left
    denied,      ///< so many nodes refuse us that no quorum is left
    misnamed,    ///< so many nodes refuse us, or have wrong URIs, that no quorum is left
    same_server, ///< two of the nodes are one server
    other_nodes, ///< a holder has taken the lock over another number of nodes than we use
    other_limit, ///< a holder has a slot of the lock, but with another number of slots than we ask for
    no_scripts,  ///< so many nodes run no scripts, which we need, that no quorum is left
    interrupted, ///< a signal asks us to stop
};

/// What a node says of the lock, or why the node has no vote, as text for the node's line in a message.
std::string words_of(const tl::expected<NodeReply, NodeFailure>&);

/// A holder of the lock, as one node names it: the value of the key, or a member of the group.
struct NamedHolder {
    std::string record;
    milliseconds left; ///< until the node drops the holder, unless renewed
};
/// All holders that an answer `held` names, of a group those in NodeReply::members; none if the key has a group whose
/// members have ended. Only for that verdict.
std::vector<NamedHolder> named_holders(const NodeReply&);
/// For each hold, by its record, how long each node that names the hold keeps it. When min_hold begins to keep a lock,
/// some nodes have the new record before the others: both records are one hold, listed under the new one.
std::map<std::string, std::vector<milliseconds>> by_hold(const std::vector<NamedHolder>&);

class Ballot {
  public:
    /// `kind`: the kind in which we want to hold the lock.
    explicit Ballot(size_t nodes, LockKind kind = {}) : votes_(nodes), kind_{kind} {}

    using Vote = tl::expected<NodeReply, NodeFailure>;
    void add(size_t node, Vote vote) { votes_[node] = std::move(vote); }
    /// Adds, as its vote, the answer of each node that has no vote here yet, and then calls `added` with the number of
    /// that node; `added` may add() another vote for the node.
    void count(const Answers&, const std::function<void(size_t)>& added);
    bool has(size_t node) const { return votes_[node].has_value(); }
    const std::optional<Vote>& operator[](size_t node) const { return votes_[node]; }

    /// Whether no more votes need to be waited for: we have a quorum, or other holders with quorums leave no room for
    /// us, or a quorum has answered and a node among them is `skipped`, or a quorum has answered and no run can reach
    /// one (hazard 35: no time is lost on a split vote).
    bool decided() const;
    /// The outcome if no more votes come.
    Outcome outcome() const;

    size_t granted() const { return count(Verdict::granted); }
    /// Whether we would have a quorum if the nodes that did not vote had granted.
    bool lacks_votes() const { return granted() + votes_.size() - answered() >= quorum(votes_.size()); }
    /// How many nodes granted, or named a holder, the first in the queue or a success.
    size_t answered() const {
        return granted() + count(Verdict::held) + count(Verdict::reserved) + count(Verdict::skipped);
    }
    /// How many nodes answered, but with an answer that does not count as a vote (NodeFailure::Kind::no_vote).
    size_t voteless() const { return count(NodeFailure::Kind::no_vote); }
    /// The record of the other holder that most nodes name (of several such holders, the oldest); empty if no node
    /// names one.
    std::string other_holder() const;
    /// How many other holders a quorum names.
    size_t other_holders() const;
    /// A holder, named by any node, that has taken the lock over another number of nodes than we use, so that its
    /// quorum and ours may share no node; nothing if there is none.
    std::optional<Record> over_other_nodes() const;
    /// A holder of a slot, named by any node, that has taken the lock with another number of slots than we ask for;
    /// nothing if there is none.
    std::optional<Record> with_other_limit() const;
    /// How long until no other holder is in our way, unless one renews: until the last of the other holders that have a
    /// quorum, or with slots the first, has no quorum any more; 0 if none has one.
    milliseconds other_expires_in() const;
    /// The slots that the fewest nodes name as taken; none if the lock has no slots.
    std::vector<unsigned> likely_free_slots() const;
    /// The youngest success that a node names in an answer `skipped`; nothing if there is none.
    std::optional<Success> success() const;
    /// The reply `reserved` of the node on which the queue's first entry lives longest; null if no node has replied
    /// `reserved`.
    const NodeReply* reservation() const;
    /// Our place in the queue, on the node on which we are farthest from our turn; 0 if we are in no queue.
    size_t position() const;

  private:
    /// The replies with that verdict.
    std::vector<const NodeReply*> replies(Verdict) const;
    size_t count(Verdict verdict) const { return replies(verdict).size(); }
    size_t count(NodeFailure::Kind) const;
    size_t missing() const;
    /// As by_hold(), for all holders that nodes name in answers `held`.
    std::map<std::string, std::vector<milliseconds>> others() const;
    /// The other holders that a quorum names.
    std::vector<Record> with_quorum() const;
    /// Whether holders that a quorum names leave no room for us: any holder does, but with slots only one without a
    /// slot, or as many as there are slots.
    bool taken() const;
    /// A holder that any node names and for which `is` returns true; nothing if there is none.
    template <typename Is>
    std::optional<Record> find_holder(Is is) const;

    std::vector<std::optional<Vote>> votes_;
    LockKind kind_;
};

} // namespace holdfast
