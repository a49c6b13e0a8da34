// How many nodes have to agree, which value so many nodes reach, and the lease that follows from what they have
// granted. Pure: no clock, no I/O.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace holdfast {

/// How many of N nodes have to agree. N is always the number that was configured (hazard 29).
size_t quorum(size_t nodes);

/// The largest value that a quorum of `nodes` nodes reaches or exceeds: with q nodes in a quorum, the q-th largest in
/// `given`; nothing if `given` has fewer than q values.
template <typename Value>
std::optional<Value> reached_by_quorum(std::vector<Value> given, size_t nodes) {
    const size_t q = quorum(nodes);
    if (given.size() < q) return {};
    const auto q_th = given.begin() + static_cast<std::ptrdiff_t>(q - 1);
    std::nth_element(given.begin(), q_th, given.end(), std::greater{});
    return *q_th;
}

/// What each node has granted, and what follows from it: until when the lock is certainly ours, and whether it can be
/// ours at all.
///
/// A node is in one of three states. It has granted the lock until some instant; or a request that can make the node
/// hold the lock is under way, without an answer yet; or neither: such a node never comes to hold the lock by itself,
/// because a lock that it forgot is only restored after a quorum has confirmed the lock.
class Lease {
  public:
    /// At first, no node has granted anything.
    explicit Lease(size_t nodes) : nodes_(nodes) {}

    /// Notes that a request is sent which makes the node hold the lock if the node executes it. An earlier grant of the
    /// node stands.
    void asked(size_t node) { nodes_[node].asked = true; }
    /// Notes that the node certainly keeps the lock until `until`, and that no request is unanswered.
    void grant(size_t node, BootTime until) { nodes_[node] = {until, false}; }
    /// Notes that the node does not hold the lock, and that no request which is under way can make the node hold it.
    void take_back(size_t node) { nodes_[node] = {}; }

    /// The instant until which a quorum has granted the lock, so that it is certainly ours; nothing if no quorum has.
    std::optional<BootTime> until() const;
    /// Whether the nodes that hold the lock at `now`, or may come to hold it, can be a quorum. If not, the lock is lost
    /// for ever.
    bool possible(BootTime now) const;

  private:
    struct Node {
        std::optional<BootTime> granted{};
        bool asked = false;
    };
    std::vector<Node> nodes_;
};

} // namespace holdfast
