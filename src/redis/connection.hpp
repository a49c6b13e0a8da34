// One ordered connection to one node: look-up, connect, TLS, HELLO, requests out, answers in. Non-blocking throughout;
// its owner polls (redis/node_set.hpp). Belongs to one thread at a time, by ownership.
//
// What it promises:
//  - Answers are matched to requests by order alone, so anything that could break the order closes the
//    connection: a timeout, a write that the socket does not take whole, bytes that are no reply, a reply
//    that no request asked for. It closes with RST, and the next request opens it anew (hazards 16, 17).
//  - `sent_at` is read just before the first byte of a request is written (hazard 1).
//  - An answer that is read later than the node timeout after sent_at is a timeout, also when its bytes
//    were there earlier and this process had slept (holdfast-protocol(7), ROUNDS).
//  - A node's failure is a value with a text for people. Nothing here throws for what a node does.
//  - A password's file and those of TLS are read again whenever a connection is opened; while one cannot be used, what
//    was read before goes on.
//  - All steps before HELLO together may take max(1 s, node timeout), and each address of the host gets a share of
//    that time. They delay no other node, because other nodes answer meanwhile.
//  - The socket is close-on-exec, and writing to it raises no SIGPIPE (hazards 77, 85).
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "redis/endpoint.hpp"
#include "redis/greeting.hpp"
#include "redis/node.hpp"
#include "redis/node_failure.hpp"
#include "redis/reply.hpp"
#include "redis/request.hpp"
#include "redis/tls.hpp"

#include <tl/expected.hpp>

#include <deque>
#include <optional>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

struct Answer {
    tl::expected<std::vector<Reply>, NodeFailure> replies; ///< as many as the request has commands
    std::optional<BootTime> sent_at;                       ///< nothing: no byte of the request ever left
    nanoseconds took{};                                    ///< from sent_at until the answer was read
    /// The replies of a node that may not be asked for locks, but got the request, because it went out with our
    /// greeting.
    std::vector<Reply> in_vain{};
    bool elsewhere = false; ///< the server has refused, because another one may be the node by now
    /// Fewer replicas have what the request wrote than the node asks for; nothing: enough of them have it.
    std::optional<NodeFailure> unreplicated{};
    bool anew = false; ///< the next connection greets in another manner: send the same request again at once
    /// A copy of the request went out on an earlier connection, which ended without an answer to it.
    bool copied = false;
    std::string before{}; ///< goes before the text of a refusal: what the node said to an earlier form of the request
};

/// What a node pushes to a connection that listens.
struct Message {
    std::string channel;
    std::string text;
};

class Connection {
  public:
    /// `tls` is set if the node has TLS. With `introduce` the server is asked for its introduction whenever a
    /// connection is opened.
    Connection(Node node, std::shared_ptr<const TlsContext> tls, milliseconds node_timeout, bool introduce);

    const Node& node() const { return node_; }

    /// Begins to look up where the node is. Does not block, but starts a thread: not while a lock is held. From then on
    /// that thread looks the node up again whenever no server greets us as the node, also while a lock is held.
    void resolve();
    /// The key for which the node is asked: a cluster's node is the master of the key's slot. Call before resolve().
    void serve(const std::string& key) { node_.key = key; }

    /// Begins to ask the Sentinels whether the server of this connection is still the node, after an answer that counts
    /// only if it is: if all Sentinels that answer say so, or a `majority` of the group.
    void confirm(bool majority);
    /// The result of confirm(); nothing as long as the Sentinels have not answered. Call after confirm() until there is
    /// a result. If the Sentinels name another server, the connection leaves its server, at once or after the one
    /// request that takes a grant back.
    std::optional<tl::expected<void, NodeFailure>> confirmed();
    /// The result of confirm() is not waited for any more.
    void forget_confirmation() { confirming_since_.reset(); }
    /// Whether an answer has to be confirmed: Sentinels name a new master later than it begins to grant.
    bool needs_confirmation() const;

    /// Reads answers that have come late, and closes the connection if an answer is overdue. Call before each submit().
    void settle();
    /// The number of the connection that the next submit() will use, counted from the first to this node. Requests of
    /// the same number reach the node in order.
    uint64_t number() const { return state_ == State::closed ? opened_ + 1 : opened_; }
    /// Queues a request for a round; opens the connection when it is closed.
    void submit(const Request&, uint64_t round);
    /// The answer for that round, once there is one.
    std::optional<Answer> take(uint64_t round);
    /// Whether all that was submitted has been handed to the kernel, or has failed.
    bool written() const;
    /// Whether anything was sent to this node, on this connection or an earlier one. Before that, the node cannot hold
    /// a key of ours.
    bool reached() const { return reached_; }
    /// Whether the node has answered all requests on this connection.
    bool caught_up() const { return state_ == State::open && pending_.empty(); }

    /// What the node said of itself when it was last connected to.
    const std::optional<Introduction>& introduction() const { return introduction_; }
    /// Whether the node has not introduced itself yet, but is about to be asked for that, or has been asked.
    bool may_introduce_itself() const { return introduce_ && !introduction_ && !refused_ && state_ != State::closed; }
    /// Whether the connection waits for a look-up.
    bool looks_up() const { return state_ == State::resolving; }
    /// Whether, since the last call, a look-up has found that the server that this connection used last is no longer
    /// the node. That is not noticed while a connection is being opened, nor between confirm() and its result.
    bool has_moved() { return std::exchange(moved_, false); }
    /// Whether another server may be about to take the node's place, as far as its Sentinels have told; if so, begins
    /// to ask them again.
    bool may_move();
    /// Whether the node is being looked up, connected to or greeted by TLS. Requests go out only after that, so none on
    /// this connection can have reached the node. False if there is no connection.
    bool is_being_opened() const { return state_ != State::closed && state_ != State::open; }

    /// Sends a PING, whose answer no round takes.
    void ping();
    /// Whether there is a request without an answer.
    bool owes_an_answer() const { return !pending_.empty(); }
    /// Closes a connection that owes an answer, so that the next request goes out on another connection.
    void give_up();
    /// Whether this node and `other` may be one server, by the addresses of both.
    bool may_be(const Connection& other) const { return endpoint_.may_be(other.endpoint_); }

    /// Subscribes to a channel, now and whenever a connection is opened. A server that speaks only RESP2 is not asked,
    /// because with RESP2 a connection that listens can do nothing else.
    void listen(const std::string& channel);
    /// Whether the node has confirmed by now that it will push messages to us.
    bool listening() const { return listening_ > 0; }
    bool has_messages() const { return !messages_.empty(); }
    std::vector<Message> take_messages() { return std::exchange(messages_, {}); }

    void add_sockets(std::vector<int>&) const;

    /// What the owner polls. The owner calls advance() when that descriptor is ready, or deadline() has passed.
    pollfd interest() const;
    /// Becomes readable when the node may have moved and the connection is open or has broken; then advance() as well.
    pollfd news() const;
    BootTime deadline() const;
    void advance(short revents);

  private:
    enum class State { closed, resolving, connecting, handshake, open };
    enum class Purpose { greeting, listening, ping, round };
    struct Pending {
        Purpose purpose;
        uint64_t round;
        Request request;
        std::vector<Reply> replies;
        std::optional<BootTime> sent_at;
        bool behind_asking = false; ///< the first reply is that to ASKING
        bool before_wait = false;   ///< the last reply is that to WAIT

        /// Whether nothing but the replicas is waited for.
        bool only_waits() const { return before_wait && replies.size() + 1 == request.commands(); }
    };

    milliseconds time_to_open() const;
    /// Until when the result of confirm() is waited for: twice as long as a connection may take to open, so that one
    /// Sentinel that hangs does not use up the time.
    BootTime confirmed_until() const;
    /// Sends RST, so that no request that is still under way on the connection given up arrives after one on the next
    /// connection.
    void reset_given_up();
    void open();
    void connect_next();
    void connected();
    void greet();
    void write();
    /// Adds ASKING before the request and WAIT behind it, if the node's place and its replicas need that.
    void wrap(Pending&) const;
    /// Takes the replies to ASKING and WAIT away, and notes in the answer what the reply to WAIT means.
    Answer unwrapped(Pending&&) const;
    /// Sends the bytes that TLS has to send, and closes the connection if TLS has failed.
    void flush_tls();
    void send(std::string_view bytes);
    /// False when there was nothing to read.
    bool read();
    void decrypt(std::string_view bytes);
    void take(std::string_view text);
    /// The server has ended the connection.
    void hung_up(std::string how);
    /// Ends the connection, so that the next one greets in that manner. If only one request waits, its answer is marked
    /// as `anew`; if several wait, they were made for the order of this connection, and are not sent again.
    void greet_next_by(Manner, std::string why);
    void too_late();
    void looked_too_long();
    void receive(Reply);
    /// Sets refused_ if the server does not let us in by these replies to the greeting, and password_open_.
    void judge(const std::vector<Reply>& greeting);
    /// Takes the replies to a request on a connection whose greeting was refused.
    void received_in_vain(Pending done);
    void hear(Reply);
    void greeted(const std::vector<Reply>&);
    void ask_to_listen(const std::string& channel);
    /// Closes the connection after an answer that says that another server has the lock's keys: a server that was
    /// demoted, say, keeps its connections open. The next request opens a connection to the node's new place.
    void leave(std::optional<Redirection>);
    /// Leaves a server that is not the node any more, by what the look-up has found.
    void heed_news();
    /// Where a server of the node's cluster says that the key is.
    std::optional<Redirection> redirection_in(const std::vector<Reply>&) const;
    void close();
    void fail(NodeFailure::Kind, std::string text);

    Node node_;
    milliseconds node_timeout_;
    bool introduce_;
    std::shared_ptr<const TlsContext> tls_context_;
    Endpoint endpoint_;
    State state_ = State::closed;
    bool reached_ = false;
    uint64_t opened_ = 0;
    Fd fd_;
    Fd given_up_;           ///< open until the next connection is opened; if none is, the last request may still arrive
    BootTime open_until_{}; ///< by when HELLO has to be sent
    BootTime address_until_{}; ///< when the next address is tried
    BootTime lookup_until_{};  ///< until when a look-up is waited for
    bool left_ = false;        ///< the last connection was left, so that the node's place is looked up before the next
    bool moved_ = false;       ///< the node has moved, and has_moved() was not called since
    std::optional<BootTime> confirming_since_;
    bool majority_ = false;   ///< what confirm() was told
    bool takes_back_ = false; ///< the server turned out not to be the node: one more request takes its grants back
    std::unique_ptr<Tls> tls_;
    ReplyReader reader_;
    Manner manner_ = Manner::hello;      ///< how this connection is greeted, or the next one
    bool knows_hello_ = false;           ///< HELLO was answered, on this connection or an earlier one
    bool silent_ = true;                 ///< nothing has come on this connection
    bool password_open_ = false;         ///< leaves_password_open()
    std::optional<NodeFailure> refused_; ///< why the server on this connection may not be asked
    std::deque<Pending> pending_;        ///< requests without an answer, sent or not, in order
    std::optional<std::pair<uint64_t, Answer>> answer_;
    std::optional<Introduction> introduction_;
    std::vector<std::string> channels_;
    bool pushes_ = false;  ///< this connection speaks RESP3
    size_t listening_ = 0; ///< channels that the server has confirmed
    std::vector<Message> messages_;
};

} // namespace holdfast
