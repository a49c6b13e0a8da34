#include "fault/proxy.hpp"

#include <netinet/tcp.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <deque>
#include <poll.h>
#include <unistd.h>
#include <vector>

namespace holdfast::test {

/// What has been said in one direction and is not handed on yet.
struct Proxy::Way {
    struct Piece {
        BootTime due;
        std::string bytes;
        bool is_reply;
    };
    std::deque<Piece> pieces;
};

struct Proxy::Pair {
    Fd client; ///< closed when it has gone; what it has said before still goes to the node
    Fd node;
    Way up{};
    Way down{};
    bool asked = false; ///< an operation is unanswered
    bool last_run = false;
    std::string late{};
};

namespace {

Fd connect_to(const std::string& path, uint16_t port) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    path.copy(local.sun_path, sizeof local.sun_path - 1);
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_port = htons(port);
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Fd fd{::socket(path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto* address =
        path.empty() ? reinterpret_cast<const sockaddr*>(&loopback) : reinterpret_cast<const sockaddr*>(&local);
    const int failed = ::connect(fd.get(), address, path.empty() ? sizeof loopback : sizeof local);
    return failed == 0 ? std::move(fd) : Fd{};
}

void send_at_once(const Fd& socket) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void reset(Fd& socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket.reset();
}

/// Empty at the end of the connection.
std::string received(const Fd& socket) {
    std::array<char, 65536> buffer{};
    const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

bool send_all(const Fd& socket, std::string_view bytes, size_t at_most) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.get(), bytes.data(), std::min(bytes.size(), at_most), MSG_NOSIGNAL);
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
}

} // namespace

Proxy::Proxy(const Node& real)
    : real_{real.socket_path}, port_{real.port}, wake_{make_event_fd()}, thread_{[this] { run(); }} {}

Proxy::~Proxy() {
    stop_ = true;
    meddle({});
    thread_.join();
}

void Proxy::meddle(const Meddling& meddling) {
    const std::scoped_lock guard{mutex_};
    meddling_ = meddling;
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(wake_.get(), &one, sizeof one);
}

Meddling Proxy::meddling() const {
    const std::scoped_lock guard{mutex_};
    return meddling_;
}

void Proxy::on_seen(std::function<void(Seen)> hook) {
    const std::scoped_lock guard{mutex_};
    hook_ = std::move(hook);
}

void Proxy::seen(Seen what) const {
    std::unique_lock guard{mutex_};
    const std::function<void(Seen)> hook = hook_;
    guard.unlock();
    if (hook) hook(what);
}

void Proxy::run() {
    std::list<Pair> pairs;
    while (!stop_) {
        std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}, {listener_.fd(), POLLIN, 0}};
        BootTime next = BootTime::max();
        for (const Pair& pair : pairs) {
            fds.push_back({pair.client.get(), POLLIN, 0});
            fds.push_back({pair.node.get(), POLLIN, 0});
            for (const Way* way : {&pair.up, &pair.down})
                if (!way->pieces.empty() && !meddling().stalls) next = std::min(next, way->pieces.front().due);
        }
        const auto left = std::chrono::ceil<milliseconds>(next - BootClock::now());
        ::poll(fds.data(), fds.size(),
               next == BootTime::max() ? -1 : static_cast<int>(std::max<int64_t>(left.count(), 0)));
        if (fds[0].revents != 0) {
            uint64_t count = 0;
            [[maybe_unused]] const auto ignored = ::read(wake_.get(), &count, sizeof count);
        }
        size_t at = 2;
        for (auto pair = pairs.begin(); pair != pairs.end(); at += 2) {
            const bool good = serve(*pair, meddling(), fds[at].revents != 0, fds[at + 1].revents != 0);
            pair = good ? std::next(pair) : pairs.erase(pair);
        }
        if (fds[1].revents == 0) continue;
        Fd client{::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
        Fd node = connect_to(real_, port_);
        // Whoever cannot reach the node hears of it as from the node.
        if (!node) {
            reset(client);
            continue;
        }
        send_at_once(client);
        if (real_.empty()) send_at_once(node);
        pairs.push_back({std::move(client), std::move(node)});
        // A connection that is new when only one more request is run has none to be run.
        pairs.back().last_run = meddling().late_reply;
    }
}

bool Proxy::serve(Pair& pair, const Meddling& now, bool client_ready, bool node_ready) {
    if (client_ready && !from_client(pair, now)) return false;
    // What the harness did at that moment holds for that request already.
    const Meddling then = meddling();
    if (node_ready && !from_node(pair, then)) return false;
    if (then.stalls) return true;
    if (!hand_on(pair.up, pair.node, then)) return false;
    if (!pair.client) return !pair.up.pieces.empty();
    const bool replies = std::ranges::any_of(
        pair.down.pieces, [](const Way::Piece& piece) { return piece.is_reply && piece.due <= BootClock::now(); });
    if (replies && then.reset_in_reply) {
        const std::string_view bytes{pair.down.pieces.front().bytes};
        send_all(pair.client, bytes.substr(0, bytes.size() / 2), bytes.size());
        reset(pair.client);
        return false;
    }
    if (!hand_on(pair.down, pair.client, then)) return false;
    if (replies) seen(Seen::reply);
    return true;
}

bool Proxy::from_client(Pair& pair, const Meddling& now) {
    std::string bytes = received(pair.client);
    if (bytes.empty()) {
        pair.client.reset();
        return !pair.up.pieces.empty();
    }
    const bool operation = bytes.find("EVAL") != std::string::npos;
    if (operation) seen(Seen::request);
    const Meddling then = operation ? meddling() : now;
    if (then.drop_requests) return true;
    if (then.late_reply && pair.last_run) {
        send_all(pair.client, pair.late, bytes.size());
        pair.late.clear();
        return true;
    }
    pair.last_run = then.late_reply && operation;
    pair.asked = pair.asked || operation;
    pair.up.pieces.push_back({BootClock::now() + then.request_delay, std::move(bytes), false});
    return true;
}

bool Proxy::from_node(Pair& pair, const Meddling& now) {
    std::string bytes = received(pair.node);
    if (bytes.empty()) return false;
    // An operation that a node knows no script for is sent once more, and only then answered.
    const bool unknown = bytes.find("NOSCRIPT") != std::string::npos;
    const bool reply = pair.asked && !unknown && bytes.front() != '>';
    pair.asked = pair.asked && !reply;
    if (now.drop_replies || !pair.client) return true;
    if (now.late_reply && pair.last_run) pair.late += bytes;
    else pair.down.pieces.push_back({BootClock::now() + now.reply_delay, std::move(bytes), reply});
    return true;
}

bool Proxy::hand_on(Way& way, const Fd& to, const Meddling& now) {
    for (; !way.pieces.empty() && way.pieces.front().due <= BootClock::now(); way.pieces.pop_front())
        if (!send_all(to, way.pieces.front().bytes, now.byte_by_byte ? 1 : way.pieces.front().bytes.size()))
            return false;
    return true;
}

} // namespace holdfast::test
