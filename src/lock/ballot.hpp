// What the nodes said to one attempt to take the lock, and what follows from it. Pure: no clock, no I/O.
#pragma once

#include "base/node_report.hpp"
#include "lock/operations.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

enum class Outcome {
    won,
    held,        ///< one other holder has a quorum
    reserved,    ///< the lock is free, but on a quorum other waiters are ahead of us in the queue
    contended,   ///< a quorum answered, and no run has a quorum
    too_few,     ///< too few nodes answered, or too late to leave enough of the lease
    not_a_lock,  ///< on so many nodes the key is not a lock that no quorum is left
    denied,      ///< so many nodes refuse us that no quorum is left
    same_server, ///< two of the nodes are one server
    other_nodes, ///< a holder has taken the lock over another number of nodes than we use
    interrupted, ///< a signal asks us to stop
};

/// What a node says of the lock, as text for the node's line in a message.
std::string words_of(const tl::expected<NodeReply, NodeFailure>&);

class Ballot {
  public:
    explicit Ballot(size_t nodes) : votes_(nodes) {}

    using Vote = tl::expected<NodeReply, NodeFailure>;
    void add(size_t node, Vote vote) { votes_[node] = std::move(vote); }
    bool has(size_t node) const { return votes_[node].has_value(); }
    const std::optional<Vote>& operator[](size_t node) const { return votes_[node]; }

    /// Whether no missing vote can change the outcome any more: a run has a quorum, or no run can reach one and a
    /// quorum has answered (hazard 35: no time is lost on a split vote).
    bool decided() const;
    /// The outcome if no more votes come.
    Outcome outcome() const;

    size_t granted() const { return count(Verdict::granted); }
    /// Nodes that granted, or named a holder or the first in the queue.
    size_t answered() const { return granted() + count(Verdict::held) + count(Verdict::reserved); }
    /// Nodes that answered, but whose answer does not count as a vote (NodeFailure::Kind::no_vote).
    size_t voteless() const { return count(NodeFailure::Kind::no_vote); }
    /// The record of another holder that most nodes name; empty if no node names one.
    std::string other_holder() const;
    /// A holder of holdfast that has taken the lock over another number of nodes than we use: the two quorums may share
    /// no node.
    std::optional<Record> over_other_nodes() const;
    /// In how long fewer than a quorum will hold other_holder(), unless that holder renews it.
    milliseconds other_expires_in() const;
    /// The reply that names the first in the queue, from the node on which that entry lives longest; null if none does.
    const NodeReply* reservation() const;
    /// Our place in the queue, on the node on which we are farthest from our turn; 0 if we are in no queue.
    size_t position() const;

  private:
    size_t count(Verdict) const;
    size_t count(NodeFailure::Kind) const;
    size_t missing() const;
    size_t holding(const std::string& value) const;

    std::vector<std::optional<Vote>> votes_;
};

} // namespace holdfast
