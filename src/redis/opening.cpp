// The part of Connection that finds the node's server, opens a connection to it and greets it, asks whether the server
// is still the node, and leaves the server when it is not.
#include "base/canary.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "redis/connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace holdfast {

using Kind = NodeFailure::Kind;

namespace {

/// How long a connection that is opened waits for a look-up while an address from an earlier look-up is known.
constexpr milliseconds longest_look{200};

} // namespace

void Connection::resolve() {
    if (state_ == State::closed) endpoint_.look_up(node_, node_timeout_);
}

void Connection::reset_given_up() {
    if (given_up_ && !node_.is_unix()) {
        const linger at_once{1, 0};
        ::setsockopt(given_up_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    given_up_.reset();
}

milliseconds Connection::time_to_open() const { return std::max(node_timeout_, milliseconds{1000}); }

void Connection::open() {
    reset_given_up();
    ++opened_;
    open_until_ = BootClock::now() + time_to_open();
    const bool waits = !endpoint_.begin() && (left_ || !endpoint_.known());
    left_ = false;
    if (!waits) return connect_next();
    state_ = State::resolving;
    // The limit runs from the begin of the look-up, not of this round, so that only one round waits in full for a
    // look-up that hangs.
    lookup_until_ = endpoint_.looking_since() + (endpoint_.known() ? longest_look : time_to_open());
    if (BootClock::now() > lookup_until_) looked_too_long();
}

void Connection::connect_next() {
    state_ = State::connecting;
    if (!endpoint_.known()) {
        const auto why = endpoint_.failure();
        return why ? fail(why->kind, why->text) : fail(Kind::unreachable, "it was not looked up");
    }
    std::string error = "no address of it could be used";
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
    tls_context_ = as_in_files(std::move(tls_context_));
    tls_ = std::make_unique<Tls>(tls_context_, endpoint_.place().host);
    flush_tls();
}

void Connection::looked_too_long() { endpoint_.known() ? connect_next() : too_late(); }

void Connection::too_late() {
    const std::string waited = format_duration(state_ == State::open ? node_timeout_ : time_to_open());
    switch (state_) {
    case State::resolving: {
        const bool named = node_.locator == Node::Locator::address;
        return fail(Kind::timeout,
                    fmt::format("{} in {}", named ? "its name is not resolved" : "it is not found", waited));
    }
    case State::connecting: return fail(Kind::timeout, fmt::format("no connection in {}", waited));
    case State::handshake:
        return fail(
            Kind::timeout,
            fmt::format("no TLS with it in {}; if it speaks none, write redis:// instead of rediss://", waited));
    default:
        if (!pending_.empty() && pending_.front().only_waits())
            return fail(Kind::timeout,
                        fmt::format("fewer than the {} replicas that --replicas asks for have it after {}; see to the "
                                    "node's replicas",
                                    *node_.replicas, waited));
        return fail(Kind::timeout, fmt::format("no answer in {}", waited));
    }
}

void Connection::leave(std::optional<Redirection> told) {
    endpoint_.look_again(std::move(told));
    endpoint_.avoid();
    left_ = true;
    close();
    pending_.clear();
}

std::optional<Redirection> Connection::redirection_in(const std::vector<Reply>& replies) const {
    if (node_.locator != Node::Locator::cluster) return {};
    std::optional<Redirection> told;
    for (const Reply& one : replies)
        if (auto redirection = holdfast::redirection(one)) told = std::move(redirection);
    if (told && told->to.host.empty()) told->to.host = endpoint_.place().host;
    return told;
}

void Connection::heed_news() {
    if (node_.locator == Node::Locator::address || confirming_since_ || takes_back_ || !endpoint_.has_moved()) return;
    moved_ = true;
    if (state_ == State::closed) return;
    if (!pending_.empty()) return fail(Kind::unreachable, "the node has moved to another server");
    close();
}

bool Connection::may_move() {
    heed_news();
    if (endpoint_.place().leaves) endpoint_.look_again();
    return endpoint_.place().leaves;
}

bool Connection::needs_confirmation() const {
    return node_.locator == Node::Locator::sentinel && enforced(Rule::confirmed_grant);
}

void Connection::confirm(bool majority) {
    majority_ = majority;
    confirming_since_ = BootClock::now();
    endpoint_.look_afresh(majority);
}

BootTime Connection::confirmed_until() const { return *confirming_since_ + 2 * time_to_open(); }

std::optional<tl::expected<void, NodeFailure>> Connection::confirmed() {
    const bool late = BootClock::now() > confirmed_until();
    if (endpoint_.is_looking() && !late) return {};
    confirming_since_.reset();
    const bool another = endpoint_.has_moved();
    std::optional<NodeFailure> why = endpoint_.failure();
    if (late) why = NodeFailure{Kind::timeout, "its Sentinels do not answer in time"};
    else if (!why && !majority_ && !endpoint_.place().doubt.empty())
        why = NodeFailure{Kind::no_vote, endpoint_.place().doubt};
    if (another) {
        // A grant has to be taken back at the server that has made it; a renewal (`majority`) goes on at the other
        // server.
        why = NodeFailure{Kind::no_vote, "its Sentinels name another server by now", majority_};
        takes_back_ = state_ == State::open && !majority_;
        if (state_ == State::open && majority_) leave({});
    }
    if (!why) return tl::expected<void, NodeFailure>{};
    return tl::unexpected{*why};
}

void Connection::close() {
    push(); // the connection may be reset later
    given_up_ = std::move(fd_);
    fd_.reset();
    takes_back_ = false;
    state_ = State::closed;
    listening_ = 0;
}

void Connection::greet() {
    state_ = State::open;
    reached_ = true;
    reader_ = ReplyReader{};
    refused_.reset();
    pushes_ = false;
    listening_ = 0;
    silent_ = true;
    password_open_ = false;
    read_again(node_.password, node_.password_file);
    Request request = greeting(node_, manner_, introduce_);
    if (request.commands() > 0) pending_.push_front({Purpose::greeting, 0, std::move(request), {}, {}});
    else greeted({});
    write();
}

void Connection::greet_next_by(Manner manner, std::string why) {
    const bool alone = std::ranges::count(pending_, Purpose::round, &Pending::purpose) == 1;
    manner_ = manner;
    fail(Kind::unreachable, std::move(why));
    if (answer_ && alone) answer_->second.anew = true;
}

void Connection::judge(const std::vector<Reply>& greeting) {
    knows_hello_ = knows_hello_ || manner_ == Manner::hello;
    password_open_ = leaves_password_open(node_, manner_, greeting);
    if (refused_) return;
    refused_ = refusal(node_, manner_, greeting);
    // The password may have been changed since the file was read; the new one is tried with the next connection.
    if (refused_ && greeting.back().is_error("WRONGPASS") && read_again(node_.password, node_.password_file))
        refused_->elsewhere = true;
}

void Connection::greeted(const std::vector<Reply>& replies) {
    pushes_ = manner_ == Manner::hello && replies.front().type == Reply::Type::list;
    if (introduce_) introduction_ = manner_ == Manner::bare ? Introduction{} : introduction_from(replies);
    // A server that was chosen as master may lack grants of the master before, so it counts as started at that time.
    if (introduction_ && introduction_->started && endpoint_.place().chosen)
        introduction_->started = std::max(*introduction_->started, *endpoint_.place().chosen);
    for (const std::string& channel : channels_)
        if (pushes_ && state_ == State::open) ask_to_listen(channel);
}

} // namespace holdfast
