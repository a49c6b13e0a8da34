#include "redis/resolver.hpp"

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <netdb.h>

namespace holdfast {

Addresses ask_resolver(const std::string& host, uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), fmt::format("{}", port).c_str(), &hints, &found);
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
