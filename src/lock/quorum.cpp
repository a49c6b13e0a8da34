#include "lock/quorum.hpp"

#include "base/canary.hpp"

namespace holdfast {

size_t quorum(size_t nodes) {
    // Without the rule: of a minority that happens to be the only one to answer.
    return enforced(Rule::configured_quorum) ? nodes / 2 + 1 : nodes / 4 + 1;
}

} // namespace holdfast
