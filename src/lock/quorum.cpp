#include "lock/quorum.hpp"

#include "base/canary.hpp"

namespace holdfast {

size_t quorum(size_t nodes) {
    // A test build without the rule asks for a quorum of half the nodes, so that each side of a partition can have one.
    return enforced(Rule::configured_quorum) ? nodes / 2 + 1 : nodes / 4 + 1;
}

} // namespace holdfast
