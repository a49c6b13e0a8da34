// All configured nodes, each with its connection: one thing is asked of all of them at once.
//
// This is the one place that knows how to wait for several nodes; one node is a set of one. Belongs to
// one thread at a time; it moves with the lock between the main and the renewal thread.
#pragma once

#include "base/poller.hpp"
#include "redis/connection.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

using Answers = std::vector<std::optional<Answer>>; ///< by node; nothing: not asked, or not waited for

struct Exchange;
/// What follows from an answer: the next request on the same connection, or what the node has said in the end.
using Step = std::variant<Exchange, Reply>;

/// A request to one node, and what to make of its replies. Without `then` they are the answer as they are.
struct Exchange {
    Request request;
    std::function<Step(std::vector<Reply>&&)> then{};
};

class NodeSet {
  public:
    /// With more than one node each introduces itself when its connection is opened (introduction()). Reads the files
    /// that TLS needs: main thread, before a lock is held. Throws Failure when one of them cannot be used.
    NodeSet(std::vector<Node> nodes, milliseconds node_timeout);

    size_t size() const { return connections_.size(); }
    const Node& node(size_t i) const { return connections_[i].node(); }
    milliseconds node_timeout() const { return node_timeout_; }
    /// When a node that is asked now should have been connected to and have answered.
    BootTime latest_answer() const {
        return BootClock::now() + std::max(node_timeout_, milliseconds{1000}) + node_timeout_;
    }

    /// Begins to look names up, in threads of their own. Blocks for nothing: a node whose name is slow fails as one
    /// that is slow to connect. Main thread, while no lock is held; those under which no node greets us are looked
    /// up anew without it.
    void resolve();

    /// What ends a round before every node has answered or failed by its own deadline. Late answers are read
    /// and dropped before the connection's next use.
    struct Until {
        std::function<bool(const Answers&)> enough; ///< called whenever something has happened, and at `again`
        BootTime deadline = BootTime::max();
        BootTime again = BootTime::max();
        int interrupt = -1;                ///< a descriptor that becomes readable
        std::function<void()> meanwhile{}; ///< called once, when the requests are on their way
        /// Once there is enough, nodes that have never introduced themselves get a last chance: as long as the nodes
        /// that have answered take over two small requests, so that a server that is one of these under another name
        /// has answered by then. Names that are looked up, and connections to addresses that may be another node's, are
        /// waited for. All of it takes no more than a tenth of a node timeout, and of half of the round.
        bool hear_out = false;
    };

    /// What to ask a node, or nothing to leave it out. Called when it is settled on which connection the request
    /// will go out, so that it may depend on connection_number().
    using ExchangeFor = std::function<std::optional<Exchange>(size_t node)>;

    /// One round: writes its request to each node that has one, then reads, and goes on with those whose exchange has
    /// further steps. The answer of such a node is that of the last step, and so is its sent_at.
    Answers ask(const ExchangeFor& exchange_for, const Until& until);
    /// The same request of a single step for every node.
    Answers ask_all(const Request& request, const Until& until);

    /// Requests that went out under the same number reach that node in order.
    uint64_t connection_number(size_t i) const { return connections_[i].number(); }
    /// Whether the last request to that node has been handed to the kernel, or has failed.
    bool written(size_t i) const { return connections_[i].written(); }
    /// Waits no longer for what that node owes: the next request opens another connection.
    void give_up(size_t i) { connections_[i].give_up(); }
    /// Whether anything was ever sent to that node.
    bool reached(size_t i) const { return connections_[i].reached(); }
    /// Whether that node has answered all that it was asked, in time or late.
    bool caught_up(size_t i) const { return connections_[i].caught_up(); }
    /// What that node said of itself when it was last connected to.
    const std::optional<Introduction>& introduction(size_t i) const { return connections_[i].introduction(); }

    /// Of all connections, given up or not.
    std::vector<int> sockets() const;

    /// Asks every node for the messages of a channel, now and on each later connection.
    void listen(const std::string& channel);
    /// Some node will tell us.
    bool listening() const;
    /// That node will, as far as it has answered by now.
    bool listening(size_t i) const { return connections_[i].listening(); }
    /// Waits for a message; until then at most, and no longer than `interrupt` is silent.
    void wait(BootTime until, int interrupt);
    /// All that has come since the last call, and what is still to be read.
    std::vector<Message> take_messages();

  private:
    class RunningExchange;
    class HearingOut;

    milliseconds node_timeout_;
    std::vector<Connection> connections_;
    Poller poller_;
    uint64_t round_ = 0;
};

} // namespace holdfast
