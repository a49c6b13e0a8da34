#include "support/slow_path.hpp"

#include "base/random.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace holdfast::test {
namespace {

Fd unix_socket() { return Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

sockaddr_un unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

} // namespace

SlowPath::SlowPath(const Node& server, milliseconds longest)
    : server_{server.socket_path}, longest_{longest}, listener_{unix_socket()}, stop_{make_event_fd()} {
    const sockaddr_un address = unix_address(dir_.file("sock"));
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 64) != 0)
        throw std::runtime_error{"cannot listen"};
    thread_ = std::thread{[this] { run(); }};
}

SlowPath::~SlowPath() {
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

Node SlowPath::node() const {
    Node node;
    node.socket_path = dir_.file("sock");
    return node;
}

void SlowPath::run() {
    std::vector<pollfd> fds;
    while (true) {
        fds = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        std::optional<BootTime> next;
        for (const Way& way : ways_)
            for (const Direction* direction : {&way.there, &way.back}) {
                fds.push_back({direction->from, POLLIN, 0});
                if (!direction->under_way.empty())
                    next = std::min(next.value_or(BootTime::max()), direction->under_way.front().due);
            }
        poller_.wait(fds, next);
        if (fds[0].revents != 0) return;
        size_t k = 2;
        for (Way& way : ways_)
            for (Direction* direction : {&way.there, &way.back}) {
                if (fds[k++].revents != 0) take(*direction);
                if (!deliver(*direction)) way.broken = true;
            }
        std::erase_if(ways_, [](const Way& way) { return way.broken; });
        if (fds[1].revents != 0) accept_one();
    }
}

void SlowPath::accept_one() {
    Fd client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    Fd server = unix_socket();
    const sockaddr_un address = unix_address(server_);
    if (!client || ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    const int from = client.get();
    const int to = server.get();
    ways_.push_back({std::move(client), std::move(server), {from, to}, {to, from}});
}

void SlowPath::take(Direction& direction) const {
    std::array<char, 16384> buffer{};
    const ssize_t size = ::recv(direction.from, buffer.data(), buffer.size(), 0);
    const BootTime earliest = direction.under_way.empty() ? BootTime{} : direction.under_way.back().due;
    direction.under_way.push_back({std::max(earliest, BootClock::now() + random_up_to(longest_)),
                                   {buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))}});
    // Nothing more comes from there.
    if (size <= 0) direction.from = -1;
}

bool SlowPath::deliver(Direction& direction) {
    while (!direction.under_way.empty() && direction.under_way.front().due <= BootClock::now()) {
        const std::string bytes = std::move(direction.under_way.front().bytes);
        direction.under_way.pop_front();
        if (bytes.empty() || ::send(direction.to, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return false;
    }
    return true;
}

} // namespace holdfast::test
