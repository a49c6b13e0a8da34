#include "redis/address.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "redis/resolver.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <semaphore>
#include <system_error>
#include <thread>
#include <unistd.h>

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

Address tcp_address(const in_addr& ip, uint16_t port) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr = ip;
    in.sin_port = htons(port);
    Address address;
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
    return address;
}

Address tcp_address(const in6_addr& ip, uint16_t port) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_addr = ip;
    in.sin6_port = htons(port);
    Address address;
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
    return address;
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

bool may_be_one_server(const Address& one, const Address& other) {
    const bool same = one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
    const bool local = is_loopback(one) || is_loopback(other);
    if (one.storage.ss_family == AF_UNIX || other.storage.ss_family == AF_UNIX) return same || local;
    return same || (local && port_of(one) == port_of(other));
}

std::vector<Address> known_addresses(const Node& node) {
    if (node.is_unix()) return {unix_address(node.socket_path)};
    // localhost is this host, whatever a resolver says (RFC 6761, section 6.3).
    if (node.host == "localhost")
        return {tcp_address(in6addr_loopback, node.port), tcp_address(in_addr{htonl(INADDR_LOOPBACK)}, node.port)};
    if (in_addr v4{}; ::inet_pton(AF_INET, node.host.c_str(), &v4) == 1) return {tcp_address(v4, node.port)};
    if (in6_addr v6{}; ::inet_pton(AF_INET6, node.host.c_str(), &v6) == 1) return {tcp_address(v6, node.port)};
    return {};
}

struct Lookup::Shared {
    Addresses addresses;
    std::atomic<bool> known = false; ///< if set, `addresses` belongs to the owner, otherwise to the thread
    Fd event{};
    std::counting_semaphore<> wanted{0}; ///< released for each further look-up, and at the end
    std::atomic<bool> over = false;
};

Lookup::Lookup(const Node& node) : shared_{std::make_shared<Shared>()} {
    shared_->addresses = known_addresses(node);
    shared_->known = !shared_->addresses->empty();
    if (shared_->known) return;
    shared_->event = make_event_fd();
    // The thread must take no signal that is meant for us.
    sigset_t all;
    sigset_t ours;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &ours);
    const auto ask = [shared = shared_, host = node.host, port = node.port] {
        while (!shared->over) {
            try {
                shared->addresses = ask_resolver(host, port);
            } catch (const std::exception&) {
                shared->addresses = tl::unexpected{std::string{"out of memory"}};
            }
            const uint64_t one = 1;
            [[maybe_unused]] const auto ignored = ::write(shared->event.get(), &one, sizeof one);
            shared->known = true; // after the write, because again() may clear the event at once
            shared->wanted.acquire();
        }
    };
    try {
        std::thread{ask}.detach();
    } catch (const std::system_error& error) {
        shared_->addresses =
            tl::unexpected{fmt::format("its name cannot be looked up: {}", errno_text(error.code().value()))};
        shared_->known = true;
        shared_->event.reset();
    }
    ::pthread_sigmask(SIG_SETMASK, &ours, nullptr);
}

Lookup::~Lookup() {
    if (!shared_) return;
    shared_->over = true;
    shared_->wanted.release();
}

void Lookup::again() {
    if (!shared_->event || !shared_->known) return;
    uint64_t ones = 0;
    [[maybe_unused]] const auto ignored = ::read(shared_->event.get(), &ones, sizeof ones);
    shared_->known = false;
    begun_ = BootClock::now();
    shared_->wanted.release();
}

int Lookup::fd() const { return shared_->event.get(); }

const Addresses* Lookup::result() const { return shared_->known ? &shared_->addresses : nullptr; }

} // namespace holdfast
