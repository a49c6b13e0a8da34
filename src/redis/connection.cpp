#include "redis/connection.hpp"

#include "base/canary.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/small_file.hpp"
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

/// How many messages wait at most for take_messages(): more than any run is sent; those that a server pushes beyond
/// them are dropped.
constexpr size_t most_messages = 100;
/// How much later than its timeout WAIT may answer (measured on redis 7.0 and 8.0 and valkey 9.1, as hz is 10).
constexpr milliseconds wait_is_late{110};

NodeFailure too_few_replicas(const Reply& acknowledged, int wanted) {
    if (acknowledged.type == Reply::Type::error) return as_failure(meaning(acknowledged));
    return {Kind::no_vote, fmt::format("{} of the {} replicas that --replicas asks for have it in time; see to the "
                                       "node's replicas{}",
                                       acknowledged.integer, wanted,
                                       acknowledged.integer == 0 ? ", or leave --replicas out if it has none" : "")};
}

bool has_error(const std::vector<Reply>& replies) {
    return std::ranges::find(replies, Reply::Type::error, &Reply::type) != replies.end();
}

} // namespace

Connection::Connection(Node node, std::shared_ptr<const TlsContext> tls, milliseconds node_timeout, bool introduce)
    : node_{std::move(node)}, node_timeout_{node_timeout}, introduce_{introduce}, tls_context_{std::move(tls)} {}

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
    confirming_since_.reset();
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
    if (state_ == State::resolving || confirming_since_) return {endpoint_.fd(), POLLIN, 0};
    return {fd_.get(), static_cast<short>(state_ == State::connecting ? POLLOUT : POLLIN), 0};
}

pollfd Connection::news() const {
    const bool rests = state_ == State::open || state_ == State::closed;
    const bool tells = rests && !takes_back_ && node_.locator != Node::Locator::address;
    return {tells ? endpoint_.fd() : -1, POLLIN, 0};
}

BootTime Connection::deadline() const {
    if (state_ == State::connecting) return address_until_;
    if (state_ == State::resolving) return lookup_until_;
    if (state_ == State::handshake) return open_until_;
    if (confirming_since_) return confirmed_until();
    for (const Pending& pending : pending_)
        if (pending.sent_at) return *pending.sent_at + node_timeout_;
    return BootTime::max();
}

bool Connection::caught_up() const {
    const auto is_note = [](const Pending& pending) { return pending.purpose == Purpose::note; };
    return state_ == State::open && std::ranges::all_of(pending_, is_note);
}

bool Connection::written() const { return pending_.empty() || pending_.back().sent_at.has_value(); }

void Connection::write() {
    std::string text;
    // What the kernel keeps is lost if the connection is closed with an answer unread.
    const bool with_next = caught_up();
    const BootTime now = BootClock::now();
    for (Pending& pending : pending_) {
        if (pending.sent_at) continue;
        pending.sent_at = now;
        if (pending.purpose == Purpose::round) wrap(pending);
        text += pending.request.bytes();
    }
    if (!tls_) return send(text, with_next);
    tls_->encrypt(text);
    flush_tls(with_next);
}

void Connection::wrap(Pending& pending) const {
    pending.behind_asking = endpoint_.place().asking;
    if (pending.behind_asking) {
        Request asking{"ASKING"};
        asking.append(pending.request);
        pending.request = std::move(asking);
    }
    // WAIT goes behind the transaction or script, because inside of one it returns at once, without waiting for
    // replicas.
    pending.before_wait = node_.replicas.value_or(0) > 0 && pending.request.sets();
    const milliseconds timeout = std::max(node_timeout_ - wait_is_late, milliseconds{1});
    if (pending.before_wait)
        pending.request.add({"WAIT", fmt::format("{}", *node_.replicas), fmt::format("{}", timeout.count())});
}

Answer Connection::unwrapped(Pending&& done) const {
    std::optional<NodeFailure> unreplicated;
    if (done.before_wait) {
        const Reply acknowledged = std::move(done.replies.back());
        done.replies.pop_back();
        if (acknowledged.integer < *node_.replicas) unreplicated = too_few_replicas(acknowledged, *node_.replicas);
    }
    if (done.behind_asking) done.replies.erase(done.replies.begin());
    Answer answer{std::move(done.replies), done.sent_at, BootClock::now() - *done.sent_at};
    answer.unreplicated = std::move(unreplicated);
    return answer;
}

void Connection::flush_tls(bool with_next) {
    const std::string bytes = tls_->outgoing();
    if (const auto over = tls_->failure()) {
        // The bytes tell the server why TLS has failed; it does not matter if they are not sent.
        ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return over->kind == Kind::unreachable ? hung_up(over->text) : fail(over->kind, over->text);
    }
    if (!bytes.empty()) send(bytes, with_next);
}

void Connection::send(std::string_view bytes, bool with_next) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | (with_next ? MSG_MORE : 0));
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    fail(Kind::unreachable, sent < 0 && errno != EAGAIN ? errno_text(errno) : "it takes no more requests");
}

void Connection::advance(short revents) {
    if (state_ == State::open || state_ == State::closed) heed_news();
    if (state_ == State::closed) return;
    if (const BootTime now = BootClock::now(); now > deadline()) {
        if (confirming_since_) return;
        if (state_ == State::resolving) return looked_too_long();
        const bool another = state_ == State::connecting && endpoint_.left() > 0 && now < open_until_;
        return another ? connect_next() : too_late();
    }
    if (revents == 0) return;
    if (state_ == State::resolving) {
        if (endpoint_.begin()) connect_next();
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

bool Connection::read() {
    std::array<char, 16384> buffer; // not cleared, because that would cost four pages
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {
        hung_up(size == 0 ? "it closed the connection" : errno_text(errno));
        return false;
    }
    const std::string_view bytes{buffer.data(), static_cast<size_t>(size)};
    if (tls_) decrypt(bytes);
    else take(bytes);
    return true;
}

void Connection::hung_up(std::string how) {
    // A proxy that knows no HELLO also closes the connection at other commands that it does not know, and then does not
    // answer the commands before them either.
    const bool bare = state_ == State::open && manner_ == Manner::bare && !pending_.empty();
    const std::string proxy = bare ? fmt::format("a proxy without {}", pending_.back().request.name()) : "";
    if (bare && !silent_) how += "; it may be " + proxy;
    if (state_ != State::open || !silent_) return fail(Kind::unreachable, std::move(how));
    how += " before its first answer";
    // A server that expects TLS hangs up like this on a client that does not speak it.
    const char* const advice = tls_ || node_.is_unix() ? "" : "; if it speaks TLS, write rediss://";
    if (manner_ == Manner::hello && !knows_hello_ && node_.db == 0) return greet_next_by(Manner::bare, how + advice);
    if (bare) how += ", also without HELLO: it is not Redis, has no server behind it, or is " + proxy;
    else if (node_.db != 0) how += "; if it is a proxy without HELLO, leave the database out of its URI";
    manner_ = Manner::hello;
    fail(Kind::unreachable, how + advice);
}

void Connection::decrypt(std::string_view bytes) {
    const std::string text = tls_->decrypt(bytes);
    if (state_ == State::handshake && tls_->established()) greet();
    if (!text.empty()) take(text);
    if (state_ != State::closed) flush_tls();
}

void Connection::take(std::string_view text) {
    const auto not_redis = silent_ ? stranger(text) : std::nullopt;
    silent_ = false;
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

void Connection::receive(Reply reply) {
    if (pending_.empty() || !pending_.front().sent_at)
        return fail(Kind::no_vote, fmt::format("it says unasked: {}", printable(reply.text)));
    Pending& first = pending_.front();
    first.replies.push_back(std::move(reply));
    if (first.purpose == Purpose::greeting) judge(first.replies);
    if (first.replies.size() < first.request.commands()) return;
    if (first.purpose == Purpose::round && password_open_ && (refused_ || has_error(first.replies)))
        return greet_next_by(Manner::auth, "it refuses HELLO");

    Pending done = std::move(first);
    pending_.pop_front();
    reader_.expect();
    if (refused_) return received_in_vain(std::move(done));
    if (done.purpose == Purpose::greeting) greeted(done.replies);
    if (done.purpose != Purpose::round) return;
    const bool elsewhere = std::ranges::any_of(done.replies, [](const Reply& one) {
        return one.type == Reply::Type::error && meaning(one).helps == Refusal::Helps::another_server;
    });
    const auto redirection = redirection_in(done.replies);
    const uint64_t round = done.round;
    answer_ = {round, unwrapped(std::move(done))};
    answer_->second.elsewhere = elsewhere;
    if (elsewhere || std::exchange(takes_back_, false)) leave(redirection);
}

void Connection::received_in_vain(Pending done) {
    // The server executes a request that went out with the greeting even if it refuses the greeting, so wait for the
    // answer.
    if (done.purpose == Purpose::round) {
        const uint64_t round = done.round;
        Answer answer = unwrapped(std::move(done));
        answer.in_vain = std::exchange(answer.replies, tl::unexpected{*refused_}).value();
        answer_ = {round, std::move(answer)};
    }
    if (!pending_.empty()) return;
    // If not all replies are errors, the server may have granted the lock. That grant has to be taken back there before
    // another server is asked.
    if (answer_)
        answer_->second.elsewhere =
            refused_->elsewhere && std::ranges::all_of(answer_->second.in_vain,
                                                       [](const Reply& one) { return one.type == Reply::Type::error; });
    left_ = left_ || refused_->elsewhere;
    fail(refused_->kind, refused_->text);
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
    if (node_.locator == Node::Locator::sentinel) endpoint_.follow();
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

bool Connection::note(Request request) {
    if (state_ != State::open) return false;
    pending_.push_back({Purpose::note, 0, std::move(request), {}, {}});
    write();
    return true;
}

void Connection::push() const {
    // The option is set already; to set it sends what waits.
    const int on = 1;
    if (state_ == State::open) ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Connection::fail(Kind kind, std::string text) {
    // A server that refuses our greeting, or does not answer it, may not be the node, so the node's name is looked up
    // again.
    const bool has_greeted = state_ == State::open && !refused_ && !silent_ &&
                             (pending_.empty() || pending_.front().purpose != Purpose::greeting);
    if (!has_greeted) endpoint_.avoid();
    if (!has_greeted || node_.locator != Node::Locator::address) endpoint_.look_again();
    const bool overdue = state_ == State::open && kind == Kind::timeout;
    NodeFailure why = state_ == State::open && refused_ ? *refused_ : NodeFailure{kind, std::move(text)};
    if (!overdue || enforced(Rule::close_on_timeout)) close();
    // Of all requests that get no answer now, only the one of the last round is still waited for by a caller; earlier
    // rounds have ended.
    const auto asked = std::ranges::find(pending_.rbegin(), pending_.rend(), Purpose::round, &Pending::purpose);
    if (asked != pending_.rend())
        answer_ = {asked->round, Answer{tl::unexpected{std::move(why)}, asked->sent_at,
                                        asked->sent_at ? BootClock::now() - *asked->sent_at : nanoseconds{}}};
    pending_.clear();
}

} // namespace holdfast
