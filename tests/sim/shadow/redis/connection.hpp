// In place of src/redis/connection.hpp, with its promises: one ordered connection to one simulated node, with its state
// machine and its deadlines, but over a simulated socket and without TLS.
#pragma once

#include "base/clock.hpp"
#include "redis/greeting.hpp"
#include "redis/node.hpp"
#include "redis/node_failure.hpp"
#include "redis/reply.hpp"
#include "redis/request.hpp"

#include <tl/expected.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

namespace sim {
class Socket;
} // namespace sim

struct Answer {
    tl::expected<std::vector<Reply>, NodeFailure> replies;
    std::optional<BootTime> sent_at;
    nanoseconds took{};
    std::vector<Reply> in_vain{}; ///< never: a simulated node refuses no greeting
    bool elsewhere = false;       ///< never: a simulated node does not move
    bool anew = false;            ///< never: a simulated node knows HELLO
    bool copied = false;
    std::string before{};
};

struct Message {
    std::string channel;
    std::string text;
};

struct TlsContext {
    explicit TlsContext(const TlsOptions&) {}
};

class Connection {
  public:
    Connection(Node node, const std::shared_ptr<const TlsContext>& tls, milliseconds node_timeout, bool introduce);
    Connection(const Connection&) = delete;
    Connection(Connection&&) = default;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    const Node& node() const { return node_; }
    void resolve() {}
    void serve(const std::string&) {}
    void confirm(bool) {}
    void forget_confirmation() {}
    std::optional<tl::expected<void, NodeFailure>> confirmed() { return tl::expected<void, NodeFailure>{}; }
    bool needs_confirmation() const { return false; }
    bool has_moved() { return false; }
    bool may_move() const { return false; }
    pollfd news() const { return {-1, POLLIN, 0}; }

    void settle();
    uint64_t number() const { return state_ == State::closed ? opened_ + 1 : opened_; }
    void submit(const Request&, uint64_t round);
    std::optional<Answer> take(uint64_t round);
    bool written() const { return pending_.empty() || pending_.back().sent_at.has_value(); }
    bool reached() const { return reached_; }
    bool caught_up() const;
    const std::optional<Introduction>& introduction() const { return introduction_; }
    bool may_introduce_itself() const { return introduce_ && !introduction_ && state_ != State::closed; }
    bool looks_up() const { return false; }
    bool is_being_opened() const { return false; }
    void ping();
    bool note(Request);
    void push() const {}
    bool owes_an_answer() const { return !pending_.empty(); }
    void give_up() {
        if (state_ != State::closed && owes_an_answer()) fail(NodeFailure::Kind::timeout, "no answer in time");
    }
    bool may_be(const Connection&) const { return false; }

    void listen(const std::string& channel);
    bool listening() const { return listening_ > 0; }
    bool has_messages() const { return !messages_.empty(); }
    std::vector<Message> take_messages() { return std::exchange(messages_, {}); }

    void add_sockets(std::vector<int>&) const {}
    pollfd interest() const;
    BootTime deadline() const;
    void advance(short revents);

  private:
    enum class State { closed, connecting, open };
    struct Pending {
        std::optional<uint64_t> round; ///< nothing: of the connection itself
        Request request;
        std::optional<BootTime> sent_at{};
    };

    milliseconds time_to_open() const;
    void open();
    void greet();
    void write();
    bool read();
    void ask_to_listen(const std::string& channel);
    void fail(NodeFailure::Kind, const char* text);

    Node node_;
    milliseconds node_timeout_;
    bool introduce_;
    State state_ = State::closed;
    bool reached_ = false;
    uint64_t opened_ = 0;
    std::shared_ptr<sim::Socket> socket_;
    BootTime open_until_{};
    std::deque<Pending> pending_;
    std::optional<std::pair<uint64_t, Answer>> answer_;
    std::optional<Introduction> introduction_;
    std::vector<std::string> channels_;
    size_t listening_ = 0;
    std::vector<Message> messages_;
};

} // namespace holdfast
