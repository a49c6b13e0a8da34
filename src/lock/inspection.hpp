// Looks at one lock on all its nodes at once. Changes nothing, unless ask_all() is given an operation that does. Main
// thread.
#pragma once

#include "lock/ballot.hpp"
#include "lock/quorum.hpp"
#include "redis/node_set.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// What one node says of a lock.
struct NodeView {
    std::string node; ///< as displayed, without password
    tl::expected<NodeReply, NodeFailure> reply;
    std::optional<BootTime> sent_at{}; ///< of ask_all(): when the node was asked
};

/// A holder of the lock, as some nodes have it.
struct Holding {
    Record record{};           ///< its record
    size_t nodes = 0;          ///< how many nodes hold `record`
    milliseconds expires_in{}; ///< until fewer than a quorum hold `record`; without a quorum, until one node lets go
};

enum class Standing {
    held,       ///< a quorum holds the same record
    free,       ///< no node that answered has a holder
    no_quorum,  ///< a holder has some nodes, and cannot have a quorum
    not_a_lock, ///< on so many nodes the key is of another kind that no quorum is left
    unknown,    ///< so few nodes answered that any of these may be true
};

/// What all nodes say of one lock.
struct Inspection {
    std::vector<NodeView> nodes{};
    Standing standing = Standing::unknown;
    std::vector<Holding> holders{}; ///< all holders that any node names, by slot, then from the oldest to the youngest
    Record record{};             ///< the record that most nodes hold, of several the oldest; empty: no node holds one
    size_t holding = 0;          ///< how many nodes hold `record`
    size_t answered = 0;         ///< how many nodes said anything about the lock
    milliseconds expires_in{};   ///< until no record has a quorum; if none has one, until a node drops `record`
    Fence fence{};               ///< the largest number that a node has accepted
    std::vector<Waiter> queue{}; ///< the waiters in line, from the node with the longest queue; the first hundred
    size_t waiting = 0;          ///< how many waiters there are in all
    /// The youngest success that a node remembers (--once-in).
    std::optional<Success> last_success{};

    /// How many holders have a quorum.
    size_t with_quorum() const;
    /// The kind in which `record` holds the lock.
    LockKind kind() const { return record.holder ? record.holder->kind : LockKind{}; }
};

Inspection inspect(NodeSet&, const LockKey&, Mode = Mode::scripts);

/// Sends one operation to every node, and waits for a node no longer than a connection and one answer may take.
std::vector<NodeView> ask_all(NodeSet&, const LockKey&, const Operation&, Mode);

/// The Inspection that follows from what each node says.
Inspection tally(std::vector<NodeView>);

/// What each node says, as one line a node, for people.
std::vector<NodeReport> reports(const std::vector<NodeView>&);

struct Tenure {
    enum class Outcome {
        ours,     ///< a quorum says that the lock is held under the token
        not_ours, ///< so many nodes say otherwise that no quorum is left
        unknown,  ///< too few answered
    };
    Outcome outcome = Outcome::unknown;
    Record record{}; ///< the record that a node has under that token
    Fence fence{};
    milliseconds expires_in{}; ///< if ours: until fewer than a quorum hold the lock
    size_t answered = 0;
    std::vector<NodeReport> nodes{};
};

/// Asks every node whether the lock is still held under that token, which an earlier process, `holdfast acquire`, has
/// given to our caller.
Tenure tenure(NodeSet&, const LockKey&, const Token&, Mode = Mode::scripts);

} // namespace holdfast
