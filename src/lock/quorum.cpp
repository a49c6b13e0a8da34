#include "lock/quorum.hpp"

#include "base/canary.hpp"

namespace holdfast {

size_t quorum(size_t nodes) {
    // Without the rule: a quorum of the nodes on one side of a partition, which is a minority of all.
    return enforced(Rule::configured_quorum) ? nodes / 2 + 1 : nodes / 4 + 1;
}

} // namespace holdfast
