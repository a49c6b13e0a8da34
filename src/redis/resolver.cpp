#include "redis/resolver.hpp"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <netdb.h>

namespace holdfast {

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

} // namespace holdfast
