#include "redis/locator.hpp"

#include "redis/cluster.hpp"
#include "redis/sentinels.hpp"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <netdb.h>

namespace holdfast {
namespace {

/// Finds a node whose URI has its host's name.
class Resolver final : public Locator {
  public:
    explicit Resolver(const Node& node) : at_{node.at()} {}
    Found find(const Wish&, int) override { return resolved(at_); }

  private:
    HostPort at_;
};

} // namespace

Found resolved(const HostPort& at) {
    if (auto known = known_addresses(at); !known.empty()) return Place{std::move(known), at.host};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(at.host.c_str(), fmt::format("{}", at.port).c_str(), &hints, &found);
    if (error != 0)
        return tl::unexpected{
            NodeFailure{NodeFailure::Kind::unreachable,
                        fmt::format("its name cannot be resolved ({}); check its spelling", ::gai_strerror(error))}};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    Place place{{}, at.host};
    for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
        Address address;
        std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
        address.size = info->ai_addrlen;
        place.addresses.push_back(address);
    }
    return place;
}

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
