// Looking at one lock from outside, on all its nodes at once; nothing is changed by it. Main thread.
#pragma once

#include "lock/ballot.hpp"
#include "lock/quorum.hpp"
#include "redis/node_set.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// What one node says of a lock.
struct NodeView {
    std::string node; ///< as displayed, without password
    tl::expected<NodeReply, NodeFailure> reply;
};

enum class Standing {
    held,       ///< by a quorum
    free,       ///< no node that answered has a holder
    no_quorum,  ///< a holder has some nodes, and cannot have a quorum
    not_a_lock, ///< on so many nodes the key is of another kind that no quorum is left
    unknown,    ///< so few nodes answered that any of these may be true
};

/// What all nodes say of one lock.
struct Inspection {
    std::vector<NodeView> nodes{};
    Standing standing = Standing::unknown;
    Record record{};             ///< what most nodes hold; an empty value: nothing anywhere
    size_t holding = 0;          ///< how many nodes hold it
    size_t answered = 0;         ///< how many said anything about the lock
    milliseconds expires_in{};   ///< until fewer than a quorum hold it; below a quorum, until the last one lets go
    Fence fence{};               ///< the largest number that a node has accepted
    std::vector<Waiter> queue{}; ///< in line, as the node with the longest one sees it; the first hundred
    size_t waiting = 0;          ///< how many there are in all
};

Inspection inspect(NodeSet&, const LockKey&, Mode = Mode::scripts);

/// One operation on every node, none of which is waited for longer than a connection and one answer may take.
Answers ask_all(NodeSet&, const LockKey&, const Operation&, Mode);

/// What follows from what the nodes say.
Inspection tally(std::vector<NodeView>);

/// Node by node, for people.
std::vector<NodeReport> reports(const std::vector<NodeView>&);

} // namespace holdfast
