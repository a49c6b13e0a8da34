#include "redis/locator.hpp"

#include "base/error.hpp"

namespace holdfast {

std::unique_ptr<Locator> make_locator(const Node&, milliseconds) {
    throw Failure{ExitStatus::internal, "a node's place is not looked up by this program"};
}

std::vector<Node> servers_of(const std::vector<Node>& nodes, milliseconds) { return nodes; }

} // namespace holdfast
