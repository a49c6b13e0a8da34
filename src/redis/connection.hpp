// One ordered connection to one node: look-up, connect, TLS, HELLO, requests out, answers in. Non-blocking throughout;
// its owner polls (redis/node_set.hpp). Belongs to one thread at a time, by ownership.
//
// What it promises:
//  - Answers are matched to requests by order alone, so anything that could break the order ends the use of the
//    connection: a timeout, a write that the socket does not take whole, bytes that are no reply, a reply
//    that no request asked for. The next request closes it by RST and opens another (hazards 16, 17).
//  - `sent_at` is read just before the first byte of a request is written (hazard 1).
//  - An answer that is read later than the node timeout after sent_at is a timeout, also when its bytes
//    were there earlier and this process had slept (holdfast-protocol(7), ROUNDS).
//  - A node's failure is a value with a text for people. Nothing here throws for what a node does.
//  - A password's file, and those of TLS if they were changed, are read again whenever a connection is opened; if a
//    file cannot be used then, what was read from it before stays in use.
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
    nanoseconds took{};                                    ///< from sent_at until the answer was read, and confirmed
    /// Set if the server may not be asked for locks although it got the request, so that `replies` is a failure: the
    /// request went out together with our greeting, which the server refused, or the Sentinels, asked afterwards, did
    /// not confirm the server. These are the server's replies; they tell what is to be taken back.
    std::vector<Reply> in_vain{};
    bool elsewhere = false; ///< the server has refused, and another server may be the node by now
    /// Why the grant does not count: fewer replicas have what the request wrote than the node asks for. Nothing: enough
    /// of them have it, or none need to.
    std::optional<NodeFailure> unreplicated{};
    bool anew = false; ///< the next connection greets in another manner: send the same request again at once
    /// A copy of the request went out on an earlier connection, which ended without an answer to it.
    bool copied = false;
    std::string before{}; ///< goes before the text of a refusal: what the node said to an earlier form of the request
};

/// A message that a node pushes to a connection that has called listen().
struct Message {
    std::string channel;
    std::string text;
};

class Connection {
  public:
    /// `tls` is set if the node has TLS. With `introduce` the server is asked for its introduction() whenever a
    /// connection is opened. Opens no connection yet.
    Connection(Node node, std::shared_ptr<const TlsContext> tls, milliseconds node_timeout, bool introduce);

    const Node& node() const { return node_; }

    /// Begins to look up where the node is, unless its URI has the address, or a connection is open or being opened.
    /// Does not block, but starts a thread, so do not call it while a lock is held. That thread stays: it looks the
    /// node up again whenever no server greets us as the node, also while a lock is held.
    void resolve();
    /// The key for which the node is asked: a cluster's node is the master of the key's slot. Call before resolve().
    void serve(const std::string& key) { node_.key = key; }

    /// Begins to ask the node's Sentinels whether this connection's server is still the node; confirmed() has the
    /// result. Without `majority` all Sentinels that answer have to say so; with `majority` that of a majority of the
    /// group is enough.
    void confirm(bool majority);
    /// The result of confirm(): success if the server is still the node, otherwise why its answer does not count;
    /// nothing as long as the Sentinels are being asked, which ends by a time limit. Call after confirm() until there
    /// is a result, and not again. If the Sentinels name another server, the connection leaves its server: at once if
    /// confirm() was for a majority, otherwise after one more request, which takes the grant back there.
    std::optional<tl::expected<void, NodeFailure>> confirmed();
    /// Ends a confirm() whose result nobody waits for. Do not call confirmed() after it.
    void forget_confirmation() { confirming_since_.reset(); }
    /// Whether answers of this node have to be confirmed by confirm(): true for a node behind Sentinels, because a new
    /// master grants before the Sentinels name it.
    bool needs_confirmation() const;

    /// Reads what has come since the last round: keeps messages, drops answers to earlier rounds, and closes the
    /// connection if an answer is overdue. Call before each submit().
    void settle();
    /// The number of the connection that the next submit() will use, counted from the first to this node. Requests of
    /// the same number reach the node in order.
    uint64_t number() const { return state_ == State::closed ? opened_ + 1 : opened_; }
    /// Sends a request, whose answer take() returns for `round`. If the connection is closed, opens it, and sends the
    /// request once it is open.
    void submit(const Request&, uint64_t round);
    /// Returns the answer for that round, once; nothing as long as there is none.
    std::optional<Answer> take(uint64_t round);
    /// Whether all that was submitted has been handed to the kernel, or has failed.
    bool written() const;
    /// Whether this object has ever sent anything to the node, on any connection. Before that, the node cannot hold a
    /// key of ours.
    bool reached() const { return reached_; }
    /// Whether the connection is open and every request on it, but for notes, has been answered.
    bool caught_up() const;

    /// What the server said of itself when a connection to it was opened last; nothing if it was not asked or has not
    /// answered yet.
    const std::optional<Introduction>& introduction() const { return introduction_; }
    /// Whether the node has not introduced itself yet, but is about to be asked for that, or has been asked.
    bool may_introduce_itself() const { return introduce_ && !introduction_ && !refused_ && state_ != State::closed; }
    /// Whether the connection is being opened and waits for the look-up of the node's place.
    bool looks_up() const { return state_ == State::resolving; }
    /// Returns whether, since the last call of this function, a look-up has found that the server that this connection
    /// used last is no longer the node. That is not noticed while a connection is being opened, nor between confirm()
    /// and its result.
    bool has_moved() { return std::exchange(moved_, false); }
    /// Whether another server may be about to take the node's place, as far as its Sentinels have told; if so, begins
    /// to ask them again. If a look-up has found that the node has moved, also closes the connection.
    bool may_move();
    /// Whether the node is being looked up, connected to or greeted by TLS. Requests go out only after that, so none on
    /// this connection can have reached the node. False if there is no connection.
    bool is_being_opened() const { return state_ != State::closed && state_ != State::open; }

    /// Sends a PING on an open connection. take() never returns its answer; owes_an_answer() tells when it has come.
    void ping();
    /// Gives the kernel a request for whose answer nobody waits; false, and nothing is done, if the connection is not
    /// open. The kernel sends the request with the next one, at push(), or when the connection is closed, also by our
    /// death: to wake the server takes this process longer than all the rest of a note. If another answer is still to
    /// come, the kernel sends the request at once, because what it keeps is dropped if a connection is closed with
    /// anything unread. Only a message that comes just then can do that: so push() before the process ends.
    bool note(Request);
    /// Sends what note() has left to the kernel.
    void push() const;
    /// Whether a request, also a PING, a note or a greeting, has no answer yet.
    bool owes_an_answer() const { return !pending_.empty(); }
    /// Closes the connection if it owes an answer, so that the next request goes out on another connection; otherwise
    /// does nothing.
    void give_up();
    /// Whether this node and `other` may be one server, by their addresses that are known now.
    bool may_be(const Connection& other) const { return endpoint_.may_be(other.endpoint_); }

    /// Subscribes to a channel, now if the connection is open, and whenever one is opened. A server that speaks only
    /// RESP2 is not asked, because with RESP2 a connection that listens can do nothing else. With Sentinels the look-up
    /// also follows the node from now on (Endpoint::follow).
    void listen(const std::string& channel);
    /// Whether the server has confirmed a subscription on this connection, so that it pushes messages to us.
    bool listening() const { return listening_ > 0; }
    bool has_messages() const { return !messages_.empty(); }
    std::vector<Message> take_messages() { return std::exchange(messages_, {}); }

    /// Adds the descriptors of the connection and of the one that was closed last but not reset yet.
    void add_sockets(std::vector<int>&) const;

    /// The descriptor that the owner polls. The owner calls advance() when it is ready, or deadline() has passed.
    pollfd interest() const;
    /// A second descriptor for the owner to poll: readable when a look-up has a result that may show that the node has
    /// moved. The owner then calls advance(0), which closes the connection if the node has moved. -1 while a connection
    /// is being opened, and for a node that has neither Sentinels nor a cluster.
    pollfd news() const;
    BootTime deadline() const;
    void advance(short revents);

  private:
    enum class State { closed, resolving, connecting, handshake, open };
    enum class Purpose { greeting, listening, ping, note, round };
    struct Pending {
        Purpose purpose;
        uint64_t round;
        Request request;
        std::vector<Reply> replies;
        std::optional<BootTime> sent_at;
        bool behind_asking = false; ///< the first reply is that to ASKING
        bool before_wait = false;   ///< the last reply is that to WAIT

        /// Whether all replies have come but the one to WAIT, which waits for replicas.
        bool only_waits() const { return before_wait && replies.size() + 1 == request.commands(); }
    };

    /// How long all steps before HELLO may take together.
    milliseconds time_to_open() const;
    /// Until when confirmed() waits for the Sentinels: twice as long as a connection may take to open, so that one
    /// Sentinel that hangs does not use up the time.
    BootTime confirmed_until() const;
    /// Closes the connection that was given up last by RST, so that no request that is still under way on it arrives
    /// after a request on the next connection.
    void reset_given_up();
    void open();
    void connect_next();
    void connected();
    void greet();
    void write();
    /// Adds ASKING before the request if the node's place needs it (Place::asking), and WAIT behind it if the request
    /// has set() and the node has to have replicas.
    void wrap(Pending&) const;
    /// Makes the answer of a request that has all replies: takes the replies to ASKING and WAIT away, and notes in the
    /// answer what the reply to WAIT means.
    Answer unwrapped(Pending&&) const;
    /// Sends the bytes that TLS has to send, and closes the connection if TLS has failed.
    void flush_tls(bool with_next = false);
    /// `with_next`: the bytes may be sent together with the next ones.
    void send(std::string_view bytes, bool with_next = false);
    /// Reads what has come, up to 16 KiB. False if nothing had come, or the connection has ended.
    bool read();
    void decrypt(std::string_view bytes);
    void take(std::string_view text);
    /// The server has ended the connection, in the way that `how` says: fails, or greets in another manner next.
    void hung_up(std::string how);
    /// Ends the connection, so that the next one greets in that manner. If only one request of a round waits for its
    /// answer, that answer is marked as `anew`, so that the caller sends the request again. If several wait, they were
    /// made for the order of this connection, and are not sent again.
    void greet_next_by(Manner, std::string why);
    void too_late();
    void looked_too_long();
    void receive(Reply);
    /// Looks at the replies to the greeting that have come so far: sets refused_ if the server does not let us in, and
    /// password_open_.
    void judge(const std::vector<Reply>& greeting);
    /// Takes the replies to a greeting that was refused, or to a request that went out with it.
    void received_in_vain(Pending done);
    void hear(Reply);
    void greeted(const std::vector<Reply>&);
    void ask_to_listen(const std::string& channel);
    /// Closes the connection after an answer that says that another server has the lock's keys: a server that was
    /// demoted, say, keeps its connections open. The next request opens a connection to the node's new place.
    void leave(std::optional<Redirection>);
    /// If a look-up has found that the connection's server is not the node any more, closes the connection and sets
    /// moved_.
    void heed_news();
    /// The place that the last MOVED or ASK among the replies names for the key; nothing if there is none, or the
    /// node's URI is not cluster://.
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
