// All configured nodes, each with its connection, so that all nodes are asked at once.
//
// This is the one place that knows how to wait for several nodes; one node is a set of one. A NodeSet belongs to one
// thread at a time; it moves with the lock between the main and the renewal thread.
#pragma once

#include "base/poller.hpp"
#include "redis/connection.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

using Answers = std::vector<std::optional<Answer>>; ///< by node; nothing: not asked, or not waited for

struct Exchange;
/// What follows from the replies to a request: the next request on the same connection, or the node's final answer.
using Step = std::variant<Exchange, Reply>;

/// A request to one node; `then` decides what follows from the replies. Without `then` the replies are the answer.
struct Exchange {
    Request request;
    std::function<Step(std::vector<Reply>&&)> then{};
    bool complete = false; ///< as a later step: can begin again without the steps before it
    std::string before{};  ///< as a later step: Answer::before, from here on
};

class NodeSet {
  public:
    /// Several nodes, and guides, are asked for their introduction() when their connections are opened. Reads the files
    /// that TLS needs: main thread, before a lock is held. Throws Failure if one of these files cannot be used.
    NodeSet(std::vector<Node> nodes, milliseconds node_timeout);

    size_t size() const { return connections_.size(); }
    const Connection& operator[](size_t i) const { return connections_[i]; }
    const Node& node(size_t i) const { return connections_[i].node(); }
    milliseconds node_timeout() const { return node_timeout_; }
    /// When a node that is asked now should have answered, even if a connection has to be opened first.
    BootTime latest_answer() const {
        return BootClock::now() + std::max(node_timeout_, milliseconds{1000}) + node_timeout_;
    }

    /// Adds a node. Not while ask() runs.
    void add(Node);

    /// The key for which the nodes are asked: a cluster's node is the master of the key's slot. Call before resolve().
    void serve(const std::string& key);
    /// Begins to look up where the nodes are, in threads of their own. Does not block: a node whose name is slow fails
    /// like one that is slow to connect. Not while a lock is held. A node as which no server greets us is looked up
    /// anew without this call.
    void resolve();

    /// What ends a round before every node has answered or failed by its own deadline. Late answers are read
    /// and dropped before the connection's next use.
    struct Until {
        /// Called whenever something has happened, and at `again`; none: nothing but all answers is enough.
        std::function<bool(const Answers&)> enough{};
        BootTime deadline = BootTime::max();
        BootTime again = BootTime::max();
        int interrupt = -1;                ///< the round ends when this descriptor becomes readable
        std::function<void()> meanwhile{}; ///< called once, when the requests are on their way
        /// Once there is enough, the round still waits for nodes that have never introduced themselves: as long as the
        /// other nodes need for two small requests, so that a server that is listed under two names has answered under
        /// both. The round also waits for name look-ups, and for connections to addresses that may be another node's.
        /// All this takes at most a tenth of a node timeout, and half of the rest of the round.
        bool hear_out = false;
        /// Which answers count only if Sentinels that name the node say afterwards that the server is still the node;
        /// nothing: none.
        std::function<bool(const Answer&)> to_confirm{};
        /// A majority that names the server is enough, whatever the other Sentinels see; for a lock that is held.
        bool majority = false;
    };

    /// For Until::to_confirm: every answer is to be confirmed.
    static bool every_answer(const Answer&) { return true; }

    /// What to ask a node, or nothing to leave it out. Called when it is settled on which connection the request
    /// will go out, so that it may depend on Connection::number().
    using ExchangeFor = std::function<std::optional<Exchange>(size_t node)>;

    /// One round: writes each node's request, then reads, and goes on with each exchange that has further steps. The
    /// answer of a node, with its sent_at, is that of the last step. If a server refuses because another one is the
    /// node by now, the exchange begins again at that other server, a few times at most.
    Answers ask(const ExchangeFor& exchange_for, const Until& until);
    /// One round with the same request, of a single step, for every node.
    Answers ask_all(const Request& request, const Until& until);

    /// Closes the node's connection if it owes an answer, so that the next request opens another connection.
    void give_up(size_t i) { connections_[i].give_up(); }

    /// The descriptors of all connections, given up or not.
    std::vector<int> sockets() const;

    /// Asks every node for the messages of a channel, now and on each later connection. Does nothing the second time.
    void listen(const std::string& channel);
    /// Whether some node will push messages to us.
    bool listening() const;
    /// Whether every node will push messages to us.
    bool all_listening() const { return std::ranges::all_of(connections_, &Connection::listening); }
    /// Waits for a message, or for a node that moves, until `until` at most, or until `interrupt` is readable. Returns
    /// whether a node has moved while its connection was open.
    bool wait(BootTime until, int interrupt) { return wait(std::array{this}, until, interrupt); }
    /// As the other wait(), for several sets, of which there is one at least.
    static bool wait(std::span<NodeSet* const> sets, BootTime until, int interrupt);
    /// Waits while a failover of a node is under way, until `until` at most: the new server does not get what the old
    /// one is told last. Drops messages.
    void wait_for_failovers(BootTime until);
    /// All messages that have come since the last call, also those that are still to be read.
    std::vector<Message> take_messages();

  private:
    class RunningExchange;
    class HearingOut;

    /// Waits until `no_later` at most for what the connections wait for, and lets them go on. False when the descriptor
    /// `interrupt` is readable.
    bool advance(const std::vector<Connection*>& all, BootTime no_later, int interrupt);
    bool has_moved();
    bool has_messages() const { return std::ranges::any_of(connections_, &Connection::has_messages); }

    milliseconds node_timeout_;
    bool introduce_;
    std::vector<std::string> channels_;
    std::vector<Connection> connections_;
    Poller poller_;
    std::vector<pollfd> fds_; ///< of advance()
    uint64_t round_ = 0;
};

} // namespace holdfast
