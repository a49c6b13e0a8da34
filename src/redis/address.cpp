#include "redis/address.hpp"

#include <fmt/format.h>
#include <sys/un.h>

#include <cstring>
#include <memory>
#include <netdb.h>

namespace holdfast {
namespace {

Address unix_address(const std::string& path) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    path.copy(un.sun_path, sizeof un.sun_path - 1);
    Address address;
    std::memcpy(&address.storage, &un, sizeof un);
    address.size = sizeof un;
    return address;
}

} // namespace

tl::expected<std::vector<Address>, std::string> resolve(const Node& node) {
    if (node.is_unix()) return std::vector{unix_address(node.socket_path)};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(node.host.c_str(), fmt::format("{}", node.port).c_str(), &hints, &found);
    if (error != 0)
        return tl::unexpected{
            fmt::format("its name cannot be resolved ({}); check its spelling", ::gai_strerror(error))};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    std::vector<Address> addresses;
    for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
        Address address;
        std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
        address.size = info->ai_addrlen;
        addresses.push_back(address);
    }
    return addresses;
}

} // namespace holdfast
