#include "redis/connection.hpp"

#include "base/canary.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "redis/explain.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace holdfast {

using Kind = NodeFailure::Kind;

namespace {

/// More messages than any run sends us; what a server pushes beyond them is dropped.
constexpr size_t most_messages = 100;

} // namespace

Connection::Connection(Node node, std::shared_ptr<const TlsContext> tls, milliseconds node_timeout, bool introduce)
    : node_{std::move(node)}, node_timeout_{node_timeout}, introduce_{introduce}, tls_context_{std::move(tls)} {}

void Connection::resolve() {
    if (state_ == State::closed) endpoint_.look_up(node_);
}

void Connection::settle() {
    // Answers that have come since the last round belong to that round and are dropped; a reply that no request asked
    // for closes the connection. The loop ends: the reader bounds what a server may send between two answers, and Tls
    // bounds bytes without text.
    while (state_ == State::open && read()) {
    }
    advance(0);
}

void Connection::submit(const Request& request, uint64_t round) {
    answer_.reset();
    pending_.push_back({Purpose::round, round, request, {}, {}});
    if (state_ == State::closed) open();
    else if (state_ == State::open) write();
}

std::optional<Answer> Connection::take(uint64_t round) {
    if (!answer_ || answer_->first != round) return {};
    auto answer = std::move(answer_->second);
    answer_.reset();
    return answer;
}

void Connection::add_sockets(std::vector<int>& all) const {
    for (const Fd* fd : {&fd_, &given_up_})
        if (*fd) all.push_back(fd->get());
}

pollfd Connection::interest() const {
    if (state_ == State::resolving) return {endpoint_.fd(), POLLIN, 0};
    return {fd_.get(), static_cast<short>(state_ == State::connecting ? POLLOUT : POLLIN), 0};
}

BootTime Connection::deadline() const {
    if (state_ == State::connecting) return address_until_;
    if (state_ == State::resolving || state_ == State::handshake) return open_until_;
    for (const Pending& pending : pending_)
        if (pending.sent_at) return *pending.sent_at + node_timeout_;
    return BootTime::max();
}

milliseconds Connection::time_to_open() const { return std::max(node_timeout_, milliseconds{1000}); }

bool Connection::written() const { return pending_.empty() || pending_.back().sent_at.has_value(); }

void Connection::reset_given_up() {
    if (given_up_ && !node_.is_unix()) {
        const linger at_once{1, 0};
        ::setsockopt(given_up_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    given_up_.reset();
}

void Connection::open() {
    reset_given_up();
    ++opened_;
    open_until_ = BootClock::now() + time_to_open();
    endpoint_.begin();
    if (endpoint_.known() || !endpoint_.is_looking()) return connect_next();
    state_ = State::resolving;
    // Counted from the begin of the look-up, not of this round, so that no two rounds wait in full for one look-up.
    open_until_ = endpoint_.looking_since() + time_to_open();
    if (BootClock::now() > open_until_) too_late();
}

void Connection::connect_next() {
    state_ = State::connecting;
    std::string error = endpoint_.why_none();
    while (endpoint_.left() > 0) {
        const BootTime now = BootClock::now();
        address_until_ = now + (open_until_ - now) / endpoint_.left();
        const Address& address = endpoint_.next();
        fd_ = Fd{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        if (!fd_) {
            error = errno_text(errno);
            continue;
        }
        if (!node_.is_unix()) {
            const int on = 1;
            ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            ::setsockopt(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        }
        if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0)
            return connected();
        if (errno == EINPROGRESS) return;
        const int reason = errno;
        if (reason == EAGAIN) error = "it does not accept connections";
        else if (reason == ENOENT) error = "no server there (no such socket)";
        else error = errno_text(reason);
    }
    fail(Kind::unreachable, std::move(error));
}

void Connection::connected() {
    endpoint_.prefer();
    if (!tls_context_) return greet();
    state_ = State::handshake;
    tls_ = std::make_unique<Tls>(tls_context_, node_.host);
    flush_tls();
}

void Connection::greet() {
    state_ = State::open;
    reached_ = true;
    reader_ = ReplyReader{};
    refused_.reset();
    pushes_ = false;
    listening_ = 0;
    pending_.push_front({Purpose::greeting, 0, greeting(node_, introduce_), {}, {}});
    write();
}

void Connection::write() {
    std::string text;
    const BootTime now = BootClock::now();
    for (Pending& pending : pending_) {
        if (pending.sent_at) continue;
        pending.sent_at = now;
        text += pending.request.bytes();
    }
    if (!tls_) return send(text);
    tls_->encrypt(text);
    flush_tls();
}

void Connection::flush_tls() {
    const std::string bytes = tls_->outgoing();
    if (const auto over = tls_->failure()) {
        // This tells the server why TLS has failed; it does not matter if the bytes are not sent.
        ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return fail(over->kind, over->text);
    }
    if (!bytes.empty()) send(bytes);
}

void Connection::send(std::string_view bytes) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    fail(Kind::unreachable, sent < 0 && errno != EAGAIN ? errno_text(errno) : "it takes no more requests");
}

void Connection::advance(short revents) {
    if (state_ == State::closed) return;
    if (const BootTime now = BootClock::now(); now > deadline()) {
        const bool another = state_ == State::connecting && endpoint_.left() > 0 && now < open_until_;
        return another ? connect_next() : too_late();
    }
    if (revents == 0) return;
    if (state_ == State::resolving) {
        endpoint_.begin();
        if (!endpoint_.is_looking()) connect_next();
        return;
    }
    if (state_ != State::connecting) {
        read();
        return;
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return connected();
    if (endpoint_.left() > 0) return connect_next();
    fail(Kind::unreachable, errno_text(error));
}

void Connection::too_late() {
    const std::string waited = format_duration(state_ == State::open ? node_timeout_ : time_to_open());
    switch (state_) {
    case State::resolving: return fail(Kind::timeout, fmt::format("its name is not resolved in {}", waited));
    case State::connecting: return fail(Kind::timeout, fmt::format("no connection in {}", waited));
    case State::handshake:
        return fail(
            Kind::timeout,
            fmt::format("no TLS with it in {}; if it speaks none, write redis:// instead of rediss://", waited));
    default: return fail(Kind::timeout, fmt::format("no answer in {}", waited));
    }
}

bool Connection::read() {
    std::array<char, 16384> buffer; // not cleared, because that would cost four pages
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {
        std::string how = size == 0 ? "it closed the connection" : errno_text(errno);
        // A server that expects TLS hangs up like this on a client that does not speak it.
        if (awaits_greeting() && !tls_ && !node_.is_unix())
            how += " before its first answer; if it speaks TLS, write rediss://";
        fail(Kind::unreachable, std::move(how));
        return false;
    }
    const std::string_view bytes{buffer.data(), static_cast<size_t>(size)};
    if (tls_) decrypt(bytes);
    else take(bytes);
    return true;
}

void Connection::decrypt(std::string_view bytes) {
    const std::string text = tls_->decrypt(bytes);
    if (state_ == State::handshake && tls_->established()) greet();
    if (!text.empty()) take(text);
    if (state_ != State::closed) flush_tls();
}

void Connection::take(std::string_view text) {
    const auto not_redis = awaits_greeting() ? stranger(text) : std::nullopt;
    reader_.feed(text);
    while (state_ == State::open) {
        auto reply = reader_.next();
        if (!reply) break;
        if (reply->type == Reply::Type::push) hear(std::move(*reply));
        else receive(std::move(*reply));
    }
    if (!reader_.broken().empty())
        fail(Kind::no_vote,
             not_redis.value_or(fmt::format("its answer is not Redis: {}", printable(reader_.broken()))));
}

bool Connection::awaits_greeting() const {
    return !pending_.empty() && pending_.front().purpose == Purpose::greeting && pending_.front().replies.empty();
}

void Connection::receive(Reply reply) {
    if (pending_.empty() || !pending_.front().sent_at)
        return fail(Kind::no_vote, fmt::format("it says unasked: {}", printable(reply.text)));
    Pending& first = pending_.front();
    first.replies.push_back(std::move(reply));
    if (first.purpose == Purpose::greeting && !refused_) refused_ = refusal(node_, first.replies);
    if (first.replies.size() < first.request.commands()) return;

    Pending done = std::move(first);
    pending_.pop_front();
    reader_.expect();
    if (refused_) return received_in_vain(std::move(done));
    if (done.purpose == Purpose::greeting) greeted(done.replies);
    if (done.purpose != Purpose::round) return;
    const bool moved = std::ranges::any_of(done.replies, [](const Reply& one) {
        return one.type == Reply::Type::error && meaning(one).helps == Refusal::Helps::another_server;
    });
    answer_ = {done.round, Answer{std::move(done.replies), done.sent_at, BootClock::now() - *done.sent_at}};
    if (moved) leave();
}

void Connection::leave() {
    endpoint_.look_again();
    close();
    pending_.clear();
}

void Connection::close() {
    given_up_ = std::move(fd_);
    fd_.reset();
    state_ = State::closed;
    listening_ = 0;
}

void Connection::received_in_vain(Pending done) {
    // The server executes a request that went out with the greeting even if it refuses the greeting, so wait for the
    // answer.
    if (done.purpose == Purpose::round)
        answer_ = {done.round, Answer{tl::unexpected{*refused_}, done.sent_at, BootClock::now() - *done.sent_at,
                                      std::move(done.replies)}};
    if (pending_.empty()) fail(refused_->kind, refused_->text);
}

void Connection::hear(Reply push) {
    if (push.items.size() != 3) return;
    const std::string& kind = push.items[0].text;
    // The push is the answer to SUBSCRIBE; if the server refuses SUBSCRIBE, it answers with an error instead.
    if (kind == "subscribe" && !pending_.empty() && pending_.front().purpose == Purpose::listening) {
        ++listening_;
        receive(std::move(push));
    } else if (kind == "message" && messages_.size() < most_messages)
        messages_.push_back({std::move(push.items[1].text), std::move(push.items[2].text)});
}

void Connection::listen(const std::string& channel) {
    channels_.push_back(channel);
    if (state_ == State::open && pushes_) ask_to_listen(channel);
}

void Connection::ask_to_listen(const std::string& channel) {
    pending_.push_back({Purpose::listening, 0, {"SUBSCRIBE", channel}, {}, {}});
    write();
}

void Connection::give_up() {
    if (state_ != State::closed && owes_an_answer()) too_late();
}

void Connection::ping() {
    pending_.push_back({Purpose::ping, 0, {"PING"}, {}, {}});
    write();
}

void Connection::greeted(const std::vector<Reply>& replies) {
    pushes_ = replies.front().type == Reply::Type::list;
    if (introduce_) introduction_ = introduction_from(replies);
    for (const std::string& channel : channels_)
        if (pushes_ && state_ == State::open) ask_to_listen(channel);
}

void Connection::fail(Kind kind, std::string text) {
    // A server that refuses our greeting, or does not answer it, may not be the node, so the node's name is looked up
    // again.
    const bool has_greeted =
        state_ == State::open && !refused_ && (pending_.empty() || pending_.front().purpose != Purpose::greeting);
    if (!has_greeted) endpoint_.look_again();
    const bool overdue = state_ == State::open && kind == Kind::timeout;
    NodeFailure why = state_ == State::open && refused_ ? *refused_ : NodeFailure{kind, std::move(text)};
    if (!overdue || enforced(Rule::close_on_timeout)) close();
    // Only the last round still waits for its answer; earlier rounds have ended.
    const auto asked = std::ranges::find(pending_.rbegin(), pending_.rend(), Purpose::round, &Pending::purpose);
    if (asked != pending_.rend())
        answer_ = {asked->round, Answer{tl::unexpected{std::move(why)}, asked->sent_at,
                                        asked->sent_at ? BootClock::now() - *asked->sent_at : nanoseconds{}}};
    pending_.clear();
}

} // namespace holdfast
