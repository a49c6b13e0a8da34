#include "redis/node_set.hpp"

namespace holdfast {

NodeSet::NodeSet(std::vector<Node> nodes, milliseconds node_timeout) : node_timeout_{node_timeout} {
    connections_.reserve(nodes.size());
    for (Node& node : nodes) connections_.emplace_back(std::move(node), node_timeout);
}

void NodeSet::resolve() {
    for (Connection& connection : connections_) connection.resolve();
}

Answers NodeSet::ask(const RequestFor& request_for, const Until& until) {
    ++round_;
    Answers answers(size());
    std::vector<size_t> waiting;
    for (size_t i = 0; i < size(); ++i) {
        connections_[i].settle();
        const auto request = request_for(i);
        if (!request) continue;
        connections_[i].submit(*request, round_);
        waiting.push_back(i);
    }
    std::vector<pollfd> fds;
    while (true) {
        for (const size_t i : waiting) answers[i] = connections_[i].take(round_);
        std::erase_if(waiting, [&](size_t i) { return answers[i].has_value(); });
        if (waiting.empty() || until.enough(answers) || BootClock::now() >= until.deadline) return answers;

        fds.clear();
        BootTime deadline = until.deadline;
        for (const size_t i : waiting) {
            fds.push_back(connections_[i].interest());
            deadline = std::min(deadline, connections_[i].deadline());
        }
        fds.push_back({until.interrupt, POLLIN, 0});
        poller_.wait(fds, deadline);
        if (fds.back().revents != 0) return answers;
        for (size_t k = 0; k < waiting.size(); ++k) connections_[waiting[k]].advance(fds[k].revents);
    }
}

Answers NodeSet::ask_all(const Request& request, const Until& until) {
    return ask([&](size_t) { return request; }, until);
}

} // namespace holdfast
