#include "redis/node_set.hpp"

#include <algorithm>
#include <map>

namespace holdfast {

NodeSet::NodeSet(std::vector<Node> nodes, milliseconds node_timeout) : node_timeout_{node_timeout} {
    const bool introduce = nodes.size() > 1;
    connections_.reserve(nodes.size());
    std::map<TlsOptions, std::shared_ptr<const TlsContext>> contexts;
    for (Node& node : nodes) {
        std::shared_ptr<const TlsContext> tls;
        if (node.tls) {
            auto& shared = contexts[*node.tls];
            if (!shared) shared = std::make_shared<const TlsContext>(*node.tls);
            tls = shared;
        }
        connections_.emplace_back(std::move(node), std::move(tls), node_timeout, introduce);
    }
}

void NodeSet::resolve() {
    for (Connection& connection : connections_) connection.resolve();
}

/// One node's part in a round.
class NodeSet::Talk {
  public:
    Talk(size_t node, Exchange exchange, Connection& connection, uint64_t round)
        : node_{node}, then_{std::move(exchange.then)},
          connection_{&connection}, number_{connection.number()}, round_{round} {
        connection.submit(exchange.request, round);
    }

    size_t node() const { return node_; }
    Connection& connection() const { return *connection_; }

    /// The node's last word, once it is there.
    std::optional<Answer> take() {
        while (auto answer = connection_->take(round_)) {
            if (!answer->replies || !then_) return answer;
            Step step = then_(std::move(*answer->replies));
            if (auto* said = std::get_if<Reply>(&step)) {
                answer->replies = std::vector<Reply>{std::move(*said)};
                return answer;
            }
            // What was read on a connection that has gone since is no ground to act on (WATCH has gone with it).
            if (connection_->number() != number_) {
                answer->replies =
                    tl::unexpected{NodeFailure{NodeFailure::Kind::unreachable, "it closed the connection"}};
                return answer;
            }
            Exchange next = std::get<Exchange>(std::move(step));
            then_ = std::move(next.then);
            connection_->submit(next.request, round_);
        }
        return {};
    }

  private:
    size_t node_;
    std::function<Step(std::vector<Reply>&&)> then_;
    Connection* connection_;
    uint64_t number_;
    uint64_t round_;
};

Answers NodeSet::ask(const ExchangeFor& exchange_for, const Until& until) {
    ++round_;
    Answers answers(size());
    std::vector<Talk> talks;
    for (size_t i = 0; i < size(); ++i) {
        connections_[i].settle();
        if (auto exchange = exchange_for(i)) talks.emplace_back(i, std::move(*exchange), connections_[i], round_);
    }
    std::vector<pollfd> fds;
    // False when somebody interrupts.
    const auto wait = [&](BootTime no_later) {
        fds.clear();
        for (const Talk& talk : talks) {
            fds.push_back(talk.connection().interest());
            no_later = std::min(no_later, talk.connection().deadline());
        }
        fds.push_back({until.interrupt, POLLIN, 0});
        poller_.wait(fds, no_later);
        if (fds.back().revents != 0) return false;
        for (size_t k = 0; k < talks.size(); ++k) talks[k].connection().advance(fds[k].revents);
        return true;
    };
    if (until.meanwhile) {
        // To nodes that are near the connection stands at once; they are asked before anything else is done.
        wait(BootTime{});
        until.meanwhile();
    }
    while (true) {
        std::erase_if(talks, [&](Talk& talk) {
            auto& answer = answers[talk.node()];
            answer = talk.take();
            return answer.has_value();
        });
        if (talks.empty() || until.enough(answers) || BootClock::now() >= until.deadline) return answers;
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
    for (Connection& connection : connections_) connection.listen(channel);
}

bool NodeSet::listening() const { return std::ranges::any_of(connections_, &Connection::listening); }

void NodeSet::wait(BootTime until, int interrupt) {
    std::vector<pollfd> fds;
    while (BootClock::now() < until && !std::ranges::any_of(connections_, &Connection::has_messages)) {
        fds.clear();
        BootTime deadline = until;
        for (const Connection& connection : connections_) {
            fds.push_back(connection.interest());
            deadline = std::min(deadline, connection.deadline());
        }
        fds.push_back({interrupt, POLLIN, 0});
        poller_.wait(fds, deadline);
        if (fds.back().revents != 0) return;
        for (size_t i = 0; i < size(); ++i) connections_[i].advance(fds[i].revents);
    }
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
