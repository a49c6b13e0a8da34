#include "redis/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace holdfast {
namespace {

/// An Address made from a sockaddr_un, sockaddr_in or sockaddr_in6.
template <typename Socket>
Address address_of(const Socket& socket) {
    Address address;
    std::memcpy(&address.storage, &socket, sizeof socket);
    address.size = sizeof socket;
    return address;
}

Address unix_address(const std::string& path) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    path.copy(un.sun_path, sizeof un.sun_path - 1);
    return address_of(un);
}

Address tcp_address(const in_addr& ip, uint16_t port) {
    return address_of(sockaddr_in{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = ip, .sin_zero = {}});
}

Address tcp_address(const in6_addr& ip, uint16_t port) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_addr = ip;
    in.sin6_port = htons(port);
    return address_of(in);
}

uint16_t port_of(const Address& address) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof in); // the port is at the same place in sockaddr_in6
    return in.sin_port;
}

bool is_loopback(const Address& address) {
    sockaddr_in6 in6{};
    sockaddr_in in{};
    std::memcpy(&in6, &address.storage, sizeof in6);
    std::memcpy(&in, &address.storage, sizeof in);
    constexpr uint32_t loopback_net = 127;
    if (address.storage.ss_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) != 0;
    return address.storage.ss_family == AF_INET && ntohl(in.sin_addr.s_addr) >> 24 == loopback_net;
}

} // namespace

bool Address::operator==(const Address& other) const {
    return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
}

bool may_be_one_server(const Address& one, const Address& other) {
    const bool same = one == other;
    const bool local = is_loopback(one) || is_loopback(other);
    if (one.storage.ss_family == AF_UNIX || other.storage.ss_family == AF_UNIX) return same || local;
    return same || (local && port_of(one) == port_of(other));
}

std::vector<Address> known_addresses(const HostPort& at) {
    // localhost is this host, whatever a resolver says (RFC 6761, section 6.3).
    if (at.host == "localhost")
        return {tcp_address(in6addr_loopback, at.port), tcp_address(in_addr{htonl(INADDR_LOOPBACK)}, at.port)};
    if (in_addr v4{}; ::inet_pton(AF_INET, at.host.c_str(), &v4) == 1) return {tcp_address(v4, at.port)};
    if (in6_addr v6{}; ::inet_pton(AF_INET6, at.host.c_str(), &v6) == 1) return {tcp_address(v6, at.port)};
    return {};
}

std::vector<Address> known_addresses(const Node& node) {
    if (node.is_unix()) return {unix_address(node.socket_path)};
    if (node.locator != Node::Locator::address) return {};
    return known_addresses(node.at());
}

} // namespace holdfast
