// A set of nodes, such as all configured ones, each with its connection, so that all nodes are asked at once.
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
/// What an Exchange does after the replies to a request: the next request on the same connection, or the node's final
/// answer.
using Step = std::variant<Exchange, Reply>;

/// A request to one node. `then` decides by the replies what follows; without `then` the replies are the node's answer.
struct Exchange {
    Request request;
    std::function<Step(std::vector<Reply>&&)> then{};
    bool complete = false; ///< as a later step: if the exchange has to begin again, it begins with this step
    std::string before{};  ///< as a later step: Answer::before, from this step on; empty: as it was
};

class NodeSet {
  public:
    /// If there are several nodes, or the first is a guide, each is asked for its introduction() when its connection is
    /// opened. Reads the files that TLS needs: main thread, before a lock is held. Throws Failure if one of these files
    /// cannot be used.
    NodeSet(std::vector<Node> nodes, milliseconds node_timeout);

    size_t size() const { return connections_.size(); }
    const Connection& operator[](size_t i) const { return connections_[i]; }
    const Node& node(size_t i) const { return connections_[i].node(); }
    milliseconds node_timeout() const { return node_timeout_; }
    /// By when a node that is asked now has answered or failed, if its connection has to be opened first and nothing is
    /// asked again.
    BootTime latest_answer() const {
        return BootClock::now() + std::max(node_timeout_, milliseconds{1000}) + node_timeout_;
    }

    /// Adds a node, which listens to the same channels. Throws Failure as the constructor does. Do not call it while
    /// ask() runs.
    void add(Node);

    /// The key for which the nodes are asked: a cluster's node is the master of the key's slot. Call before resolve().
    void serve(const std::string& key);
    /// Begins to look up where the nodes are, each in a thread of its own. Does not block: a round in which the look-up
    /// of a node is still running treats the node as one that is slow to connect. Do not call it while a lock is held;
    /// a node as which no server greets us is looked up anew without this call.
    void resolve();

    /// What ends a round before every node has answered or failed by its own time limit. An answer that comes after the
    /// round is read and dropped before the connection's next use.
    struct Until {
        /// Whether the round can end with these answers. Called whenever something has happened, and at `again`. If it
        /// is not set, the round waits for all answers.
        std::function<bool(const Answers&)> enough{};
        BootTime deadline = BootTime::max(); ///< the round ends by then
        BootTime again = BootTime::max();    ///< when `enough` is called again even if nothing has happened
        int interrupt = -1;                  ///< the round ends when this descriptor becomes readable
        std::function<void()> meanwhile{};   ///< called once, when the first requests have been sent
        /// If set, once there is enough the round still waits for nodes that have never introduced themselves: as long
        /// as the other nodes need for two small requests. By then a server that is listed under two names has answered
        /// under both, so that it is known as one. The round also waits for look-ups of names, and for connections to
        /// addresses that may be another node's. All this takes at most a tenth of a node timeout, and half of the rest
        /// of the round.
        bool hear_out = false;
        /// Whether this answer of a node behind Sentinels counts only if the Sentinels, asked afterwards, say that the
        /// server is still the node. If it is not set, no answer has to be confirmed.
        std::function<bool(const Answer&)> to_confirm{};
        /// For to_confirm: it is enough if a majority of the Sentinels names the server, whatever the others see. For a
        /// lock that is held already.
        bool majority = false;
    };

    /// For Until::to_confirm: every answer is to be confirmed.
    static bool every_answer(const Answer&) { return true; }

    /// What to ask the node with that index; nothing leaves the node out. Called once it is settled on which connection
    /// the request will go out, so that the request may depend on Connection::number().
    using ExchangeFor = std::function<std::optional<Exchange>(size_t node)>;

    /// One round: sends each node its request, waits for the replies, and goes on with each exchange that has further
    /// steps. The answer of a node, with its sent_at, is that of the last step. If a server refuses because another
    /// server is the node by now, the exchange begins again there, a few times at most.
    Answers ask(const ExchangeFor& exchange_for, const Until& until);
    /// One round with the same request, of a single step, for every node.
    Answers ask_all(const Request& request, const Until& until);

    /// Reads what has come since the last round, so that a note is not sent because of it (Connection::note()).
    void settle() { std::ranges::for_each(connections_, &Connection::settle); }
    /// As Connection::note().
    bool note(size_t i, Request request) { return connections_[i].note(std::move(request)); }
    /// Sends what note() has left to the kernel.
    void push() { std::ranges::for_each(connections_, &Connection::push); }

    /// Closes the node's connection if it owes an answer, so that the next request opens another connection.
    void give_up(size_t i) { connections_[i].give_up(); }

    /// The descriptors of all connections, also of those that were closed but not reset yet.
    std::vector<int> sockets() const;

    /// Subscribes at every node to the channel, now and on each later connection. Does nothing if that channel is
    /// listened to already.
    void listen(const std::string& channel);
    /// Whether at least one node has confirmed a subscription, so that it pushes messages to us.
    bool listening() const;
    /// How many nodes have confirmed a subscription, so that they push messages to us.
    size_t count_listening() const;
    /// Waits until a message has come, a node has moved, `until` has passed, `interrupt` is readable, or `enough`,
    /// which is called whenever something has happened, returns true. Returns whether a node has moved
    /// (Connection::has_moved). Gives up confirmations that are still awaited.
    bool wait(BootTime until, int interrupt, const std::function<bool()>& enough = {}) {
        return wait(std::array{this}, until, interrupt, enough);
    }
    /// Waits as the other wait() does, for the nodes of all sets together. There is at least one set.
    static bool wait(std::span<NodeSet* const> sets, BootTime until, int interrupt,
                     const std::function<bool()>& enough = {});
    /// Waits while Sentinels see a failover of a node or trouble with it, until `until` at most. Call it before a last
    /// write, such as a release: the new master might not get what the old master is told last. Drops messages that
    /// come meanwhile.
    void wait_for_failovers(BootTime until);
    /// Reads what has come, and returns all messages since the last call.
    std::vector<Message> take_messages();

  private:
    class RunningExchange;
    class HearingOut;

    /// Waits until a descriptor of these connections is ready, one of their deadlines or `no_later` has passed, and
    /// lets all of them go on. False, without that, if the descriptor `interrupt` is readable.
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
