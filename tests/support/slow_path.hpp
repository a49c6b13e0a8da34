// A way to a server on which each piece of data takes a random time, in both directions. Pieces of one direction of one
// connection stay in order, as with TCP; connections overtake each other.
#pragma once

#include "base/fd.hpp"
#include "base/poller.hpp"
#include "redis/node.hpp"
#include "support/temp_dir.hpp"

#include <deque>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::test {

class SlowPath {
  public:
    /// To a server on a Unix socket. A piece takes up to `longest`.
    SlowPath(const Node& server, milliseconds longest);
    SlowPath(const SlowPath&) = delete;
    SlowPath& operator=(const SlowPath&) = delete;
    ~SlowPath();

    /// The server at the end of this path.
    Node node() const;

  private:
    struct Piece {
        BootTime due;
        std::string bytes; ///< empty: the end of all
    };
    struct Direction {
        int from;
        int to;
        std::deque<Piece> under_way{};
    };
    struct Way {
        Fd client;
        Fd server;
        Direction there;
        Direction back;
        bool broken = false;
    };

    void run();
    void accept_one();
    void take(Direction&) const;
    static bool deliver(Direction&);

    std::string server_;
    milliseconds longest_;
    TempDir dir_;
    Fd listener_;
    Fd stop_;
    Poller poller_;
    std::list<Way> ways_;
    std::thread thread_;
};

} // namespace holdfast::test
