// Asks the nodes of a Redis Cluster which master has the slot of a key.
#pragma once

#include "redis/locator.hpp"
#include "redis/node_set.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

/// A range of slots, from the first to the last, and the master that has them.
struct SlotRange {
    int64_t first = 0;
    int64_t last = 0;
    HostPort master; ///< an empty host means the host of the node that answers

    bool has(int64_t slot) const { return first <= slot && slot <= last; }
};

/// The ranges in the answer to CLUSTER SLOTS. A range is left out if the node that answers does not know its master's
/// host.
std::vector<SlotRange> slot_ranges(const Reply&);

class Cluster final : public Locator {
  public:
    Cluster(const Node&, milliseconds node_timeout);

    Found find(const Wish&, int interrupt) override;
    /// Every master that has slots, as the first node that answers names them; none if no node answers. Waits for an
    /// answer until all nodes have failed.
    std::vector<Node> masters();

  private:
    struct Told {
        int64_t slot = 0;
        std::vector<SlotRange> ranges;
    };

    /// Asks all known nodes of the cluster, and returns what those say that have answered: `enough` of them, or fewer
    /// if the others have failed or `interrupt` is readable. If none has, failure_ says why.
    std::vector<Told> ask(size_t enough, int interrupt);
    void add_masters(const std::vector<SlotRange>&);

    Node node_;
    NodeSet guides_;
    std::optional<NodeFailure> failure_; ///< of the last ask()
    bool found_before_ = false;
};

} // namespace holdfast
