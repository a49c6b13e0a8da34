// A server that plays a trick on whoever talks to it, at once or when it has heard a certain command; until then it
// hands everything to a real server and back.
#pragma once

#include "redis/node.hpp"
#include "redis/reply.hpp"
#include "support/listener.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::test {

struct Trick {
    std::string name;
    std::string says{};                   ///< once
    std::string repeats{};                ///< then for ever, as fast as it is read
    bool each = false;                    ///< `says` answers every command from there on, and not only the first
    bool only_then = false;               ///< it is over with that command, of which the real server hears nothing
    bool executes = false;                ///< the real server executes all that comes with it, and nothing is answered
    bool hands_on = false;                ///< the real server still answers, slowly
    int not_before = -1;                  ///< until this descriptor becomes readable nothing is handed on
    std::chrono::microseconds per_byte{}; ///< how long it takes over each, once it plays
    enum class Then { hangs, closes, resets } then = Then::hangs;
    bool at_once = false; ///< before it has heard anything
};

/// Whether that command, in words, is where the trick begins.
using When = std::function<bool(const std::vector<Reply>& words)>;

class HostileServer {
  public:
    /// Without a real server the first command is answered by the trick.
    explicit HostileServer(Trick);
    HostileServer(Trick, const Node& real, When);
    HostileServer(const HostileServer&) = delete;
    HostileServer& operator=(const HostileServer&) = delete;
    ~HostileServer();

    std::string uri() const { return "redis://127.0.0.1:" + std::to_string(listener_.port()); }

  private:
    class Visit;
    void accept_all();

    Trick trick_;
    std::string real_; ///< a socket's path; empty: none
    When when_;
    Listener listener_{64};
    Fd stop_;
    std::thread thread_;
};

} // namespace holdfast::test
