// All configured nodes, each with its connection: one thing is asked of all of them at once.
//
// This is the one place that knows how to wait for several nodes; one node is a set of one. Belongs to
// one thread at a time; it moves with the lock between the main and the renewal thread.
#pragma once

#include "base/poller.hpp"
#include "redis/connection.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace holdfast {

using Answers = std::vector<std::optional<Answer>>; ///< by node; nothing: not asked, or not waited for

class NodeSet {
  public:
    NodeSet(std::vector<Node> nodes, milliseconds node_timeout);

    size_t size() const { return connections_.size(); }
    const Node& node(size_t i) const { return connections_[i].node(); }
    milliseconds node_timeout() const { return node_timeout_; }

    /// Looks up the names that are not known yet. May block: main thread, while no lock is held.
    void resolve();

    /// What ends a round before every node has answered or failed by its own deadline. Late answers are read
    /// and dropped before the connection's next use.
    struct Until {
        std::function<bool(const Answers&)> enough; ///< called whenever something has happened
        BootTime deadline = BootTime::max();
        int interrupt = -1; ///< a descriptor that becomes readable
    };

    /// The request for a node, or nothing to leave it out. Called when it is settled on which connection the
    /// request will go out, so that it may depend on connection_number().
    using RequestFor = std::function<std::optional<Request>(size_t node)>;

    /// One round: writes its request to each node that has one, then reads.
    Answers ask(const RequestFor& request_for, const Until& until);
    /// The same request for every node.
    Answers ask_all(const Request& request, const Until& until);

    /// Requests that went out under the same number reach that node in order.
    uint64_t connection_number(size_t i) const { return connections_[i].number(); }
    /// Whether the last request to that node has been handed to the kernel, or has failed.
    bool written(size_t i) const { return connections_[i].written(); }
    /// Whether that node has answered all that it was asked, in time or late.
    bool caught_up(size_t i) const { return connections_[i].caught_up(); }

  private:
    milliseconds node_timeout_;
    std::vector<Connection> connections_;
    Poller poller_;
    uint64_t round_ = 0;
};

} // namespace holdfast
