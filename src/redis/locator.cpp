#include "redis/locator.hpp"

#include "redis/cluster.hpp"
#include "redis/resolver.hpp"
#include "redis/sentinels.hpp"

namespace holdfast {

std::unique_ptr<Locator> make_locator(const Node& node, milliseconds node_timeout) {
    switch (node.locator) {
    case Node::Locator::sentinel: return std::make_unique<Sentinels>(node, node_timeout);
    case Node::Locator::cluster: return std::make_unique<Cluster>(node, node_timeout);
    default: return std::make_unique<Resolver>(node);
    }
}

std::vector<Node> servers_of(const std::vector<Node>& nodes, milliseconds node_timeout) {
    std::vector<Node> servers;
    for (const Node& node : nodes) {
        const auto masters =
            node.locator == Node::Locator::cluster ? Cluster{node, node_timeout}.masters() : std::vector<Node>{};
        servers.insert(servers.end(), masters.begin(), masters.end());
        if (masters.empty()) servers.push_back(node);
    }
    return servers;
}

} // namespace holdfast
