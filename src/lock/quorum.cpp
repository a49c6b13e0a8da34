#include "lock/quorum.hpp"

#include "base/canary.hpp"

namespace holdfast {

size_t quorum(size_t nodes) {
    // A test build without the rule asks for a quorum of half the nodes, so that each side of a partition can have one.
    return enforced(Rule::configured_quorum) ? nodes / 2 + 1 : nodes / 4 + 1;
}

std::optional<BootTime> Lease::until() const {
    std::vector<BootTime> granted;
    for (const Node& node : nodes_)
        if (node.granted) granted.push_back(*node.granted);
    return reached_by_quorum(std::move(granted), nodes_.size());
}

bool Lease::possible(BootTime now) const {
    if (!enforced(Rule::impossible_quorum)) return true;
    const auto may_hold = std::ranges::count_if(
        nodes_, [&](const Node& node) { return node.asked || (node.granted && *node.granted > now); });
    return static_cast<size_t>(may_hold) >= quorum(nodes_.size());
}

} // namespace holdfast
