// What lies between a simulated process and a simulated node: sockets, and links that delay, stall and lose.
//
// A socket delivers in order in each direction, as TCP does; sockets know nothing of each other. What is lost on a
// socket takes everything behind it along: that direction of it is dead. What was sent before a socket is closed may
// arrive as late as any.
#pragma once

#include "redis/connection.hpp"
#include "sim/process.hpp"
#include "sim/task.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace holdfast::sim {

class Server;

/// Between one process and one node.
struct Link {
    nanoseconds shortest{milliseconds{1} / 10};
    nanoseconds longest{milliseconds{1}}; ///< on a good day
    double slow = 0;                      ///< how often it is not
    nanoseconds slowest{};
    double loses_request = 0;
    double loses_reply = 0;
    double loses_message = 0;
    bool stall_loses = false;
    Instant stalls_until{}; ///< what is sent until then is lost, or delivered then

    bool stalls(Instant now) const { return now < stalls_until; }
    nanoseconds delay(Rng&) const;
};

/// How often each fault has happened.
struct Faults {
    size_t lost_requests = 0, lost_replies = 0, lost_messages = 0, slow = 0, late = 0, stalls = 0, hangs = 0,
           restarts = 0, amnesia = 0, stops = 0, kills = 0, revocations = 0, interrupts = 0, keys_lost = 0, full = 0;

    void add(const Faults&);
};

/// What a process reads.
struct Connected {};
struct Refused {};
struct Broken {};
struct Pushed {
    Message message;
};
using Arrival = std::variant<Connected, Refused, Broken, Introduction, Pushed, std::shared_ptr<const NodeReply>>;

class Socket : public std::enable_shared_from_this<Socket> {
  public:
    /// Begins to connect.
    static std::shared_ptr<Socket> open(Process&, Server&, Link&);
    Socket(Process& process, Server& server, Link& link);

    Process& process() const { return process_; }
    int fd() const { return fd_; }
    /// The process has no use for it any more; what it has sent may still arrive.
    void close();

    void send(std::shared_ptr<const Task>);
    /// What the process finds to read.
    std::optional<Arrival> read();

    /// The server's side.
    void reply(Arrival);
    void push(Message message);
    /// The server has died.
    void break_off();
    uint64_t epoch() const { return epoch_; }
    bool listens_to(const std::string& channel) const;
    void listen(std::string channel) { channels_.push_back(std::move(channel)); }

  private:
    void connect();
    void arrive(Arrival, nanoseconds delay);
    nanoseconds delay();

    Process& process_;
    Server& server_;
    Link& link_;
    int fd_;
    uint64_t epoch_ = 0; ///< the life of the server that it is connected to
    bool closed_ = false;
    bool requests_lost_ = false;
    bool replies_lost_ = false;
    Instant last_request_{};
    Instant last_reply_{};
    std::deque<Arrival> arrived_;
    std::vector<std::string> channels_;
};

} // namespace holdfast::sim
