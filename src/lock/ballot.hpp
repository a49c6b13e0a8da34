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
    reserved,    ///< free, but on a quorum others are ahead of us in the queue
    contended,   ///< a quorum answered, and no run has a quorum
    too_few,     ///< too few nodes answered in time for the lock to be worth having
    not_a_lock,  ///< a key of that name is no lock on so many nodes that no quorum is left
    denied,      ///< so many nodes refuse us that no quorum is left
    same_server, ///< two of the nodes are one server
    other_nodes, ///< a holder has taken it over another number of nodes
    interrupted, ///< a signal asks us to stop
};

/// What a node says of the lock, in words for its line.
std::string words_of(const tl::expected<NodeReply, NodeFailure>&);

class Ballot {
  public:
    explicit Ballot(size_t nodes) : votes_(nodes) {}

    using Vote = tl::expected<NodeReply, NodeFailure>;
    void add(size_t node, Vote vote) { votes_[node] = std::move(vote); }
    bool has(size_t node) const { return votes_[node].has_value(); }
    const std::optional<Vote>& operator[](size_t node) const { return votes_[node]; }

    /// No vote that is still missing can change the outcome: a run has a quorum, or none can reach one any more and a
    /// quorum has answered (hazard 35: no time is lost on a split vote).
    bool decided() const;
    /// What follows from the votes that are here.
    Outcome outcome() const;

    size_t granted() const { return count(Verdict::granted); }
    /// Nodes that granted, or named a holder or the first in the queue.
    size_t answered() const { return granted() + count(Verdict::held) + count(Verdict::reserved); }
    /// Nodes that answered, and may not be asked for locks.
    size_t voteless() const { return count(NodeFailure::Kind::no_vote); }
    /// The value that most nodes hold against us, empty when there is none.
    std::string other_holder() const;
    /// A holder of ours that has taken the lock over another number of nodes: its quorum and ours need not meet.
    std::optional<Record> over_other_nodes() const;
    /// When fewer than a quorum will hold that value, unless it is renewed.
    milliseconds other_expires_in() const;
    /// reserved: the first in the queue, from the node on which that entry lives longest.
    const NodeReply* reservation() const;
    /// Our place in the queue; 0 when we are in none, and otherwise where we are farthest from our turn.
    size_t position() const;

  private:
    size_t count(Verdict) const;
    size_t count(NodeFailure::Kind) const;
    size_t missing() const;
    size_t holding(const std::string& value) const;

    std::vector<std::optional<Vote>> votes_;
};

} // namespace holdfast
