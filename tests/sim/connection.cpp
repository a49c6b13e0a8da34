#include "redis/connection.hpp"

#include "sim/history.hpp"
#include "sim/network.hpp"

#include <algorithm>

namespace holdfast {

using sim::Process;
using Kind = NodeFailure::Kind;

Connection::Connection(Node node, const std::shared_ptr<const TlsContext>&, milliseconds node_timeout, bool introduce)
    : node_{std::move(node)}, node_timeout_{node_timeout}, introduce_{introduce} {}

Connection::~Connection() {
    if (socket_) socket_->close();
}

milliseconds Connection::time_to_open() const { return std::max(node_timeout_, milliseconds{1000}); }

void Connection::settle() {
    while (state_ == State::open && read()) {
    }
    advance(0);
}

void Connection::submit(const Request& request, uint64_t round) {
    Process::current().point(true);
    answer_.reset();
    sim::History::running().oracle().asked(Process::current(), *request.task);
    pending_.push_back({round, request});
    if (state_ == State::closed) open();
    else if (state_ == State::open) write();
}

std::optional<Answer> Connection::take(uint64_t round) {
    if (!answer_ || answer_->first != round) return {};
    auto answer = std::move(answer_->second);
    answer_.reset();
    return answer;
}

pollfd Connection::interest() const { return {socket_ ? socket_->fd() : -1, POLLIN, 0}; }

BootTime Connection::deadline() const {
    if (state_ == State::connecting) return open_until_;
    for (const Pending& pending : pending_)
        if (pending.sent_at) return *pending.sent_at + node_timeout_;
    return BootTime::max();
}

void Connection::open() {
    ++opened_;
    open_until_ = BootClock::now() + time_to_open();
    state_ = State::connecting;
    Process& process = Process::current();
    sim::History& history = sim::History::running();
    socket_ = sim::Socket::open(process, history.server(node_.port), history.link(process, node_.port));
}

void Connection::greet() {
    state_ = State::open;
    reached_ = true;
    listening_ = 0;
    pending_.push_front({{}, {std::make_shared<const sim::Task>(sim::Task{sim::Greet{}})}});
    write();
}

void Connection::write() {
    const BootTime now = BootClock::now();
    for (Pending& pending : pending_) {
        if (pending.sent_at) continue;
        pending.sent_at = now;
        socket_->send(pending.request.task);
    }
}

void Connection::advance(short revents) {
    if (state_ == State::closed) return;
    if (BootClock::now() > deadline())
        return fail(Kind::timeout, state_ == State::open ? "no answer in time" : "no connection in time");
    if (revents != 0) read();
}

bool Connection::read() {
    auto arrival = socket_->read();
    if (!arrival) return false;
    if (std::holds_alternative<sim::Refused>(*arrival)) {
        fail(Kind::unreachable, "connection refused");
    } else if (std::holds_alternative<sim::Broken>(*arrival)) {
        fail(Kind::unreachable, "it closed the connection");
    } else if (std::holds_alternative<sim::Connected>(*arrival)) {
        greet();
    } else if (auto* pushed = std::get_if<sim::Pushed>(&*arrival)) {
        messages_.push_back(std::move(pushed->message));
    } else {
        Pending done = std::move(pending_.front());
        pending_.pop_front();
        if (auto* introduction = std::get_if<Introduction>(&*arrival)) {
            // As introduction_from(): what it told was its uptime.
            introduction->started = BootTime{BootClock::now() - *introduction->started};
            if (introduce_) introduction_ = std::move(*introduction);
            for (const std::string& channel : channels_) ask_to_listen(channel);
        } else if (done.round)
            answer_ = {*done.round, Answer{std::vector<Reply>{{std::get<std::shared_ptr<const NodeReply>>(*arrival)}},
                                           done.sent_at, BootClock::now() - *done.sent_at}};
        else if (std::holds_alternative<sim::Listen>(done.request.task->what)) ++listening_;
    }
    return true;
}

bool Connection::caught_up() const {
    const auto is_note = [](const Pending& pending) {
        return std::holds_alternative<sim::Note>(pending.request.task->what);
    };
    return state_ == State::open && std::ranges::all_of(pending_, is_note);
}

void Connection::ping() {
    pending_.push_back({{}, {std::make_shared<const sim::Task>(sim::Task{sim::Ping{}})}});
    write();
}

bool Connection::note(Request request) {
    if (state_ != State::open) return false;
    pending_.push_back({{}, std::move(request)});
    write();
    return true;
}

void Connection::listen(const std::string& channel) {
    channels_.push_back(channel);
    // Otherwise when the node has greeted us.
    const auto is_greeting = [](const Pending& one) {
        return std::holds_alternative<sim::Greet>(one.request.task->what);
    };
    if (state_ == State::open && std::ranges::none_of(pending_, is_greeting)) ask_to_listen(channel);
}

void Connection::ask_to_listen(const std::string& channel) {
    pending_.push_back({{}, {std::make_shared<const sim::Task>(sim::Task{sim::Listen{channel}})}});
    write();
}

void Connection::fail(Kind kind, const char* text) {
    socket_->close();
    socket_.reset();
    state_ = State::closed;
    listening_ = 0;
    const auto asked = std::ranges::find_if(pending_.rbegin(), pending_.rend(),
                                            [](const Pending& pending) { return pending.round.has_value(); });
    if (asked != pending_.rend())
        answer_ = {*asked->round, Answer{tl::unexpected{NodeFailure{kind, text}}, asked->sent_at,
                                         asked->sent_at ? BootClock::now() - *asked->sent_at : nanoseconds{}}};
    pending_.clear();
}

} // namespace holdfast
