#include "redis/node_set.hpp"

#include <algorithm>
#include <map>

namespace holdfast {

NodeSet::NodeSet(std::vector<Node> nodes, milliseconds node_timeout)
    : node_timeout_{node_timeout}, introduce_{nodes.size() > 1 || (!nodes.empty() && nodes.front().guide)} {
    connections_.reserve(nodes.size());
    std::map<TlsOptions, std::shared_ptr<const TlsContext>> contexts;
    for (Node& node : nodes) {
        std::shared_ptr<const TlsContext> tls;
        if (node.tls) {
            auto& shared = contexts[*node.tls];
            if (!shared) shared = std::make_shared<const TlsContext>(*node.tls);
            tls = shared;
        }
        connections_.emplace_back(std::move(node), std::move(tls), node_timeout, introduce_);
    }
}

void NodeSet::add(Node node) {
    std::shared_ptr<const TlsContext> tls;
    if (node.tls) tls = std::make_shared<const TlsContext>(*node.tls);
    Connection& added = connections_.emplace_back(std::move(node), std::move(tls), node_timeout_, introduce_);
    for (const std::string& channel : channels_) added.listen(channel);
}

void NodeSet::serve(const std::string& key) {
    for (Connection& connection : connections_) connection.serve(key);
}

void NodeSet::resolve() {
    for (Connection& connection : connections_) connection.resolve();
}

/// One node's part in a round.
class NodeSet::RunningExchange {
  public:
    RunningExchange(size_t node, Exchange exchange, Connection& connection, uint64_t round, const Until& until)
        : node_{node}, first_{std::move(exchange)}, connection_{&connection}, round_{round}, until_{&until} {
        begin();
    }

    size_t node() const { return node_; }
    Connection& connection() const { return *connection_; }
    /// When the exchange is to begin again; nothing if it is running.
    std::optional<BootTime> begins_again() const { return begins_again_; }

    /// The node's final answer, once it is there; otherwise lets the exchange go on, and returns nothing.
    std::optional<Answer> take() {
        if (begins_again_ && BootClock::now() >= *begins_again_) begin();
        if (!unconfirmed_) unconfirmed_ = take_last();
        if (!unconfirmed_) return {};
        if ((unconfirmed_->elsewhere || unconfirmed_->anew) && begun_ < most_begins) {
            // If a node executes both copies of the request, that does no harm: an operation that has done its work
            // changes nothing when it comes again, and an acquire finds the record of its first copy, which Lock takes
            // back.
            copied_ = copied_ || unconfirmed_->anew;
            unconfirmed_.reset();
            begins_again_ = BootClock::now() + (begun_ == 1 ? milliseconds{0} : pause);
            return {};
        }
        unconfirmed_->copied = copied_;
        const bool confirms = connection_->needs_confirmation() && until_->to_confirm && unconfirmed_->replies &&
                              until_->to_confirm(*unconfirmed_);
        return confirms ? confirmed() : std::exchange(unconfirmed_, std::nullopt);
    }

  private:
    /// How often an exchange begins at most. It is not twice, because a balancer may lead every other connection to a
    /// server that was demoted.
    static constexpr int most_begins = 4;
    static constexpr milliseconds pause{50};

    void begin() {
        begins_again_.reset();
        ++begun_;
        then_ = first_.then;
        before_ = first_.before;
        number_ = connection_->number();
        connection_->submit(first_.request, round_);
    }

    std::optional<Answer> confirmed() {
        if (!std::exchange(confirming_, true)) connection_->confirm(until_->majority);
        const auto outcome = connection_->confirmed();
        if (!outcome) return {};
        auto answer = std::exchange(unconfirmed_, std::nullopt);
        confirming_ = false;
        if (!*outcome && outcome->error().elsewhere && begun_ < most_begins) {
            begins_again_ = BootClock::now();
            return {};
        }
        answer->took = BootClock::now() - *answer->sent_at;
        if (*outcome) return answer;
        // The server has done what it was asked, so the replies tell what is to be taken back.
        answer->in_vain = std::move(*answer->replies);
        answer->replies = tl::unexpected{outcome->error()};
        return answer;
    }

    /// The answer of the exchange's last step, once it is there.
    std::optional<Answer> take_last() {
        while (auto answer = connection_->take(round_)) {
            answer->before = before_;
            if (!answer->replies || !then_) return answer;
            Step step = then_(std::move(*answer->replies));
            if (auto* said = std::get_if<Reply>(&step)) {
                answer->replies = std::vector<Reply>{std::move(*said)};
                return answer;
            }
            Exchange next = std::get<Exchange>(std::move(step));
            if (!next.before.empty()) before_ = next.before;
            if (next.complete) first_ = next;
            // If the connection has closed since the replies came, they are no ground for the next step, because the
            // connection's WATCH has ended with it.
            if (connection_->number() != number_) {
                answer->replies =
                    tl::unexpected{NodeFailure{NodeFailure::Kind::unreachable, "it closed the connection"}};
                return answer;
            }
            then_ = std::move(next.then);
            connection_->submit(next.request, round_);
        }
        return {};
    }

    size_t node_;
    Exchange first_;
    std::string before_; ///< Exchange::before of the running step
    std::function<Step(std::vector<Reply>&&)> then_;
    Connection* connection_;
    uint64_t number_ = 0;
    uint64_t round_;
    const Until* until_;
    bool confirming_ = false;
    std::optional<Answer> unconfirmed_;
    int begun_ = 0;       ///< how often the exchange has begun
    bool copied_ = false; ///< Answer::copied
    std::optional<BootTime> begins_again_;
};

/// Decides how long a round still waits, once there is enough, because a node that has not introduced itself may turn
/// out to be a server that has answered under another name.
class NodeSet::HearingOut {
  public:
    HearingOut(std::vector<Connection>& connections, milliseconds node_timeout)
        : connections_{connections}, longest_{node_timeout / 10} {}

    /// Whether the round goes on. Call whenever something has happened, once there is enough. Sends the pings whose
    /// answers are waited for. The wait ends so early that half of the rest of the round is left to a run that has won.
    bool goes_on(const Answers& answers, BootTime deadline) {
        const BootTime now = BootClock::now();
        if (!until_) until_ = std::min(now + longest_, now + (deadline - now) / 2);
        if (now >= *until_ || std::ranges::none_of(connections_, &Connection::may_introduce_itself)) return false;
        if (std::ranges::any_of(connections_, [&](const Connection& one) { return may_be_another(one); })) return true;
        std::erase_if(asked_, [](const Connection* asked) { return !asked->owes_an_answer(); });
        if (asked_.empty() && requests_++ < requests_heard_out) ask(answers);
        return !asked_.empty();
    }
    /// The connections whose answer to a ping is waited for, besides those of nodes that have not answered; until() is
    /// when that wait ends.
    const std::vector<Connection*>& asked() const { return asked_; }
    BootTime until() const { return until_ && BootClock::now() < *until_ ? *until_ : BootTime::max(); }

  private:
    /// How many pings one after the other each node that has answered gets. A server to which we connect under two
    /// names accepts both connections before it reads the first ping, and has answered on both before it reads the
    /// second.
    static constexpr int requests_heard_out = 2;

    /// Whether the node has not introduced itself, and its address is not known yet or may be that of another node. If
    /// both connections are open and the other node has introduced itself, the pings tell whether they are one server.
    bool may_be_another(const Connection& one) const {
        if (!one.may_introduce_itself()) return false;
        return one.looks_up() || std::ranges::any_of(connections_, [&](const Connection& other) {
                   const bool requests_tell = !other.may_introduce_itself() && !one.is_being_opened();
                   return &one != &other && !requests_tell && one.may_be(other);
               });
    }

    void ask(const Answers& answers) {
        for (size_t i = 0; i < connections_.size(); ++i) {
            if (!answers[i] || !answers[i]->replies || !connections_[i].caught_up()) continue;
            connections_[i].ping();
            asked_.push_back(&connections_[i]);
        }
    }

    std::vector<Connection>& connections_;
    std::vector<Connection*> asked_;
    int requests_ = 0;
    milliseconds longest_;
    std::optional<BootTime> until_;
};

Answers NodeSet::ask(const ExchangeFor& exchange_for, const Until& until) {
    ++round_;
    Answers answers(size());
    std::vector<RunningExchange> running;
    running.reserve(size());
    for (size_t i = 0; i < size(); ++i) {
        connections_[i].settle();
        if (auto exchange = exchange_for(i))
            running.emplace_back(i, std::move(*exchange), connections_[i], round_, until);
    }
    HearingOut hearing_out{connections_, node_timeout_};
    std::vector<Connection*> waited_for;
    const auto wait = [&](BootTime no_later) {
        waited_for = hearing_out.asked();
        for (const RunningExchange& exchange : running) {
            waited_for.push_back(&exchange.connection());
            if (const auto again = exchange.begins_again()) no_later = std::min(no_later, *again);
        }
        no_later = std::min(no_later, hearing_out.until());
        if (BootClock::now() < until.again) no_later = std::min(no_later, until.again);
        return advance(waited_for, no_later, until.interrupt);
    };
    if (until.meanwhile) {
        // A connection to a node nearby opens at once, so that its request goes out before `meanwhile` takes time.
        wait(BootTime{});
        until.meanwhile();
    }
    while (true) {
        std::erase_if(running, [&](RunningExchange& exchange) {
            auto& answer = answers[exchange.node()];
            answer = exchange.take();
            return answer.has_value();
        });
        if (running.empty() || BootClock::now() >= until.deadline) return answers;
        const bool enough = until.enough && until.enough(answers);
        if (enough && !(until.hear_out && hearing_out.goes_on(answers, until.deadline))) return answers;
        if (!wait(until.deadline)) return answers;
    }
}

Answers NodeSet::ask_all(const Request& request, const Until& until) {
    return ask([&](size_t) { return Exchange{request}; }, until);
}

std::vector<int> NodeSet::sockets() const {
    std::vector<int> all;
    for (const Connection& connection : connections_) connection.add_sockets(all);
    return all;
}

void NodeSet::listen(const std::string& channel) {
    if (std::ranges::count(channels_, channel) > 0) return;
    channels_.push_back(channel);
    for (Connection& connection : connections_) connection.listen(channel);
}

bool NodeSet::listening() const { return count_listening() > 0; }

size_t NodeSet::count_listening() const {
    return static_cast<size_t>(std::ranges::count_if(connections_, &Connection::listening));
}

bool NodeSet::wait(std::span<NodeSet* const> sets, BootTime until, int interrupt, const std::function<bool()>& enough) {
    std::vector<Connection*> all;
    for (NodeSet* set : sets)
        for (Connection& connection : set->connections_) all.push_back(&connection);
    for (Connection* connection : all) connection->forget_confirmation();
    const auto have_moved = [&] {
        return std::ranges::count_if(sets, [](NodeSet* set) { return set->has_moved(); }) > 0;
    };
    const auto have_messages = [&] { return std::ranges::any_of(sets, &NodeSet::has_messages); };
    bool moved = have_moved();
    while (!moved && BootClock::now() < until && !have_messages() && !(enough && enough())) {
        if (!sets.front()->advance(all, until, interrupt)) return false;
        moved = have_moved();
    }
    return moved;
}

void NodeSet::wait_for_failovers(BootTime until) {
    constexpr milliseconds longest_pause{50};
    // The failover may have ended long ago, and then the Sentinels' answer may come at once, so the first pauses are
    // short.
    for (milliseconds pause{2}; BootClock::now() < until; pause = std::min(2 * pause, longest_pause)) {
        if (std::ranges::count_if(connections_, &Connection::may_move) == 0) return;
        take_messages();
        wait(std::min(until, BootClock::now() + pause), -1);
    }
}

bool NodeSet::advance(const std::vector<Connection*>& all, BootTime no_later, int interrupt) {
    fds_.clear();
    for (const Connection* connection : all) {
        fds_.push_back(connection->interest());
        fds_.push_back(connection->news());
        no_later = std::min(no_later, connection->deadline());
    }
    fds_.push_back({interrupt, POLLIN, 0});
    poller_.wait(fds_, no_later);
    if (fds_.back().revents != 0) return false;
    for (size_t i = 0; i < all.size(); ++i) all[i]->advance(fds_[2 * i].revents);
    return true;
}

bool NodeSet::has_moved() {
    bool moved = false;
    for (Connection& connection : connections_) moved = connection.has_moved() || moved;
    return moved;
}

std::vector<Message> NodeSet::take_messages() {
    std::vector<Message> all;
    for (Connection& connection : connections_) {
        connection.settle();
        for (Message& message : connection.take_messages()) all.push_back(std::move(message));
    }
    return all;
}

} // namespace holdfast
