// What each node has granted, and what follows from it: until when the lock is certainly ours, and whether it can be
// ours at all. Pure: no clock, no I/O.
//
// A node is in one of three states. It has granted the lock until some instant; or a request is under way that may yet
// make it hold the lock, and has not been answered; or neither, and then it does not come to hold the lock by itself:
// a forgotten lock is only restored after a quorum has confirmed it.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace holdfast {

class Lease {
  public:
    /// No node has granted anything.
    explicit Lease(size_t nodes) : nodes_(nodes) {}

    /// A request is sent to the node that makes it hold the lock if it executes it. What it granted before stands.
    void asked(size_t node) { nodes_[node].asked = true; }
    /// The node certainly keeps the lock until then.
    void grant(size_t node, BootTime until) { nodes_[node] = {until, false}; }
    /// The node does not hold the lock, and will not.
    void take_back(size_t node) { nodes_[node] = {}; }

    /// Until when the lock is certainly ours: what a quorum has granted. Nothing means that it is not ours.
    std::optional<BootTime> until() const;
    /// Whether so many nodes hold the lock at `now`, or may come to hold it, that they can be a quorum. A lock of which
    /// this is false is lost for ever.
    bool possible(BootTime now) const;

  private:
    struct Node {
        std::optional<BootTime> granted{};
        bool asked = false;
    };
    std::vector<Node> nodes_;
};

} // namespace holdfast
