// The way between one client and one node, on which things happen to what is said.
//
// Listens on a loopback port and hands on to the node, over a connection of its own for each of the client's. What is
// to happen can be changed at any time, by any thread, and holds for all connections, those to come included.
#pragma once

#include "base/clock.hpp"
#include "redis/node.hpp"
#include "support/listener.hpp"

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace holdfast::test {

struct Meddling {
    milliseconds request_delay{};
    milliseconds reply_delay{};
    bool byte_by_byte = false;
    bool drop_requests = false;
    bool drop_replies = false;   ///< of requests that are run
    bool reset_in_reply = false; ///< half of the reply, then RST
    bool stalls = false;         ///< all is kept, and handed on when it stalls no more
    /// One request more is run, and its reply comes when the next has been sent, which is dropped like all after it.
    bool late_reply = false;
};

class Proxy {
  public:
    enum class Seen {
        request, ///< one of the lock's operations has come, and is not handed on yet
        reply,   ///< the answer to one has been handed on; NOSCRIPT is none
    };

    explicit Proxy(const Node& real);
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;
    ~Proxy();

    std::string uri() const { return "redis://127.0.0.1:" + std::to_string(listener_.port()); }
    void meddle(const Meddling&);
    /// Called in the proxy's thread for each, which goes on when it returns. Set before there is a client.
    void on_seen(std::function<void(Seen)> hook);

  private:
    struct Way;
    struct Pair;
    void run();
    bool serve(Pair&, const Meddling&, bool client_ready, bool node_ready);
    bool from_client(Pair&, const Meddling&);
    bool from_node(Pair&, const Meddling&);
    static bool hand_on(Way&, const Fd& to, const Meddling&);
    Meddling meddling() const;
    void seen(Seen) const;

    std::string real_; ///< a socket's path
    uint16_t port_;
    Listener listener_{64};
    Fd wake_;
    mutable std::mutex mutex_;
    Meddling meddling_; ///< guarded by mutex_
    std::atomic<bool> stop_ = false;
    std::function<void(Seen)> hook_; ///< guarded by mutex_
    std::thread thread_;
};

} // namespace holdfast::test
