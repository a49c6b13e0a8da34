#include "support/hostile_server.hpp"

#include "redis/request.hpp"

#include <sys/un.h>

#include <array>
#include <list>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace holdfast::test {
namespace {

Fd connect_to(const std::string& path) {
    Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"the real server is not there"};
    return fd;
}

Request again(const std::vector<Reply>& words) {
    std::vector<std::string_view> texts;
    for (const Reply& word : words) texts.push_back(word.text);
    Request request;
    request.add(texts);
    return request;
}

} // namespace

/// One client, from its connection to its end.
class HostileServer::Visit {
  public:
    Visit(const HostileServer& server, Fd client) : server_{server}, client_{std::move(client)} {
        if (!server.real_.empty()) real_ = connect_to(server.real_);
        thread_ = std::thread{[this] { serve(); }};
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() { thread_.join(); }

  private:
    struct Over {};

    void serve() {
        try {
            if (server_.trick_.at_once) play();
            while (true) {
                if (wait_for(real_ ? real_.get() : -1)) send(received(real_.get()));
                else hear(received(client_.get()));
            }
        } catch (const Over&) {
            if (server_.trick_.then == Trick::Then::resets) {
                const linger at_once{1, 0};
                ::setsockopt(client_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            }
            client_.reset();
        }
    }

    /// Until the client or `other` has something: whether it is the other.
    bool wait_for(int other) const {
        std::array<pollfd, 3> fds{{{client_.get(), POLLIN, 0}, {other, POLLIN, 0}, {server_.stop_.get(), POLLIN, 0}}};
        ::poll(fds.data(), fds.size(), -1);
        if (fds[2].revents != 0) throw Over{};
        return fds[1].revents != 0;
    }

    /// Whatever becomes of the client.
    void wait_until_readable(int fd) const {
        std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {server_.stop_.get(), POLLIN, 0}}};
        ::poll(fds.data(), fds.size(), -1);
        if (fds[1].revents != 0) throw Over{};
    }

    static std::string received(int fd) {
        std::array<char, 65536> buffer{};
        const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (size <= 0) throw Over{};
        return {buffer.data(), static_cast<size_t>(size)};
    }

    void send(std::string_view bytes) const {
        if (playing_ && server_.trick_.executes) return;
        const auto pause = playing_ ? server_.trick_.per_byte : std::chrono::microseconds{0};
        while (!bytes.empty()) {
            std::array<pollfd, 2> fds{{{client_.get(), POLLOUT, 0}, {server_.stop_.get(), POLLIN, 0}}};
            ::poll(fds.data(), fds.size(), -1);
            if (fds[1].revents != 0) throw Over{};
            const size_t size = pause.count() > 0 ? 1 : bytes.size();
            const ssize_t sent = ::send(client_.get(), bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno != EAGAIN) throw Over{};
            if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
            if (pause.count() > 0) std::this_thread::sleep_for(pause);
        }
    }

    void hear(std::string_view bytes) {
        commands_.feed(bytes);
        while (const auto command = commands_.next()) {
            commands_.expect();
            playing_ = (playing_ && !server_.trick_.only_then) || server_.when_(command->items);
            if (playing_ && server_.trick_.not_before >= 0) wait_until_readable(server_.trick_.not_before);
            if (!playing_ || server_.trick_.hands_on || server_.trick_.executes) forward(command->items);
            else if (server_.trick_.each || server_.trick_.only_then) send(server_.trick_.says);
            else play();
        }
        if (playing_ && server_.trick_.executes) throw Over{};
        // What is no command is somebody's TLS, and answered all the same.
        if (!commands_.broken().empty()) play();
    }

    void forward(const std::vector<Reply>& words) {
        const Request request = again(words);
        ::send(real_.get(), request.bytes().data(), request.bytes().size(), MSG_NOSIGNAL);
        const bool pushed = words.front().text == "SUBSCRIBE";
        while (true) {
            const std::string bytes = received(real_.get());
            send(bytes);
            answers_.expect();
            answers_.feed(bytes);
            bool answered = false;
            while (const auto reply = answers_.next())
                answered = answered || reply->type != Reply::Type::push || pushed;
            if (answered) return;
        }
    }

    void play() const {
        send(server_.trick_.says);
        while (!server_.trick_.repeats.empty()) send(server_.trick_.repeats);
        if (server_.trick_.then != Trick::Then::hangs) throw Over{};
        while (true) {
            wait_for(-1);
            received(client_.get());
        }
    }

    const HostileServer& server_;
    Fd client_;
    Fd real_;
    ReplyReader commands_;
    ReplyReader answers_;
    bool playing_ = false;
    std::thread thread_;
};

HostileServer::HostileServer(Trick trick) : HostileServer{std::move(trick), Node{}, [](const auto&) { return true; }} {}

HostileServer::HostileServer(Trick trick, const Node& real, When when)
    : trick_{std::move(trick)}, real_{real.socket_path}, when_{std::move(when)}, stop_{make_event_fd()},
      thread_{[this] { accept_all(); }} {}

HostileServer::~HostileServer() {
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
}

void HostileServer::accept_all() {
    std::list<Visit> visits;
    while (true) {
        std::array<pollfd, 2> fds{{{listener_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        ::poll(fds.data(), fds.size(), -1);
        if (fds[1].revents != 0) return;
        Fd client{::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (client) visits.emplace_back(*this, std::move(client));
    }
}

} // namespace holdfast::test
