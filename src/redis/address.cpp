#include "redis/address.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"

#include <fmt/format.h>
#include <sys/un.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <netdb.h>
#include <system_error>
#include <thread>

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

/// `flags` as for getaddrinfo(3).
Addresses resolve(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    // That is this host, whatever a resolver says (RFC 6761, section 6.3); without a name we get its loopback
    // addresses.
    const char* name = host == "localhost" ? nullptr : host.c_str();
    const int error = ::getaddrinfo(name, port.c_str(), &hints, &found);
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

} // namespace

struct Lookup::Shared {
    Addresses addresses;
    std::atomic<bool> known = false;
    Fd event{};
};

Lookup::Lookup(const Node& node) : shared_{std::make_shared<Shared>()} {
    const std::string port = fmt::format("{}", node.port);
    if (node.is_unix()) shared_->addresses = std::vector{unix_address(node.socket_path)};
    else shared_->addresses = resolve(node.host, port, AI_NUMERICHOST);
    shared_->known = shared_->addresses.has_value();
    if (shared_->known) return;
    shared_->event = make_event_fd();
    // The thread must take no signal that is meant for us.
    sigset_t all;
    sigset_t ours;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &ours);
    const auto ask = [shared = shared_, host = node.host, port] {
        shared->addresses = resolve(host, port, 0);
        shared->known = true;
        const uint64_t one = 1;
        [[maybe_unused]] const auto ignored = ::write(shared->event.get(), &one, sizeof one);
    };
    try {
        std::thread{ask}.detach();
    } catch (const std::system_error& error) {
        shared_->addresses =
            tl::unexpected{fmt::format("its name cannot be looked up: {}", errno_text(error.code().value()))};
        shared_->known = true;
    }
    ::pthread_sigmask(SIG_SETMASK, &ours, nullptr);
}

int Lookup::fd() const { return shared_->event.get(); }

const Addresses* Lookup::result() const { return shared_->known ? &shared_->addresses : nullptr; }

} // namespace holdfast
