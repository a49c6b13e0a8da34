// Looking at one lock from outside, on all its nodes at once; nothing is changed by it. Main thread.
#pragma once

#include "lock/ballot.hpp"
#include "lock/timing.hpp"
#include "redis/node_set.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// What all nodes say of one lock.
struct Inspection {
    Record record{};             ///< what most nodes hold; an empty value: nothing anywhere
    size_t holding = 0;          ///< how many nodes hold it
    size_t answered = 0;         ///< how many said anything about the lock
    bool not_a_lock = false;     ///< on some node the key is of another kind
    milliseconds expires_in{};   ///< until fewer than a quorum hold it; below a quorum, until the last one lets go
    Fence fence{};               ///< the largest number that a node has accepted
    std::vector<Waiter> queue{}; ///< in line, as the node with the longest one sees it
    std::vector<NodeReport> nodes{};

    bool held() const { return holding >= quorum(nodes.size()); }
    bool knows() const { return answered >= quorum(nodes.size()); }
};

Inspection inspect(NodeSet&, const LockKey&);

/// What follows from the words of all nodes; nothing: that node gave none.
Inspection tally(const std::vector<std::optional<Said>>&);
/// A node's words, or its failure, for people.
NodeReport report(const Node&, const tl::expected<Said, NodeFailure>&);

} // namespace holdfast
