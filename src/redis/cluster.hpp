// The nodes of a Redis Cluster, which tell on which master the slot of a key is.
#pragma once

#include "redis/locator.hpp"
#include "redis/node_set.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

/// A range of slots, and their master.
struct SlotRange {
    int64_t first = 0;
    int64_t last = 0;
    HostPort master; ///< an empty host means the host of the node that answers

    bool has(int64_t slot) const { return first <= slot && slot <= last; }
};

/// The ranges in the answer to CLUSTER SLOTS; a range whose master the node cannot name is left out.
std::vector<SlotRange> slot_ranges(const Reply&);

class Cluster final : public Locator {
  public:
    Cluster(const Node&, milliseconds node_timeout);

    Found find(const Wish&, int interrupt) override;
    /// Every master; none if the cluster does not answer.
    std::vector<Node> masters();

  private:
    struct Told {
        int64_t slot = 0;
        std::vector<SlotRange> ranges;
    };

    /// What the nodes of the cluster say, as soon as `enough` of them have answered.
    std::vector<Told> ask(size_t enough, int interrupt);
    void add_masters(const std::vector<SlotRange>&);

    Node node_;
    NodeSet guides_;
    std::optional<NodeFailure> failure_; ///< of the last ask()
    bool found_before_ = false;
};

} // namespace holdfast
