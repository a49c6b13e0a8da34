/// Takes and releases a lock again and again over connections that stay open, as the lock layer does it, and prints how
/// many nanoseconds each time took. What floor/cycle.c does with the least that there is.
///
///     lock_cycle NODE[,NODE...] NAME TIMES
#include "lock/lock.hpp"

#include <cstdio>
#include <cstdlib>
#include <sstream>

using namespace holdfast;

int main(int argc, char** argv) {
    if (argc != 4) return 64;
    std::vector<Node> nodes;
    std::istringstream uris{argv[1]};
    for (std::string uri; std::getline(uris, uri, ',');) nodes.push_back(parse_node(uri).value());
    constexpr Timing timing{.ttl = seconds{30}, .grace = seconds{5}, .node_timeout = seconds{1}};
    NodeSet node_set{nodes, timing.node_timeout};
    Lock lock{node_set, LockKey{argv[2], "holdfast:"}, {timing}, this_process("bench", timing.ttl)};
    lock.nodes().resolve();
    for (long times = strtol(argv[3], nullptr, 10); times > 0; --times) {
        const BootTime begin = BootClock::now();
        if (lock.try_once().outcome != Outcome::won || !lock.release()) return 75;
        printf("%lld\n", static_cast<long long>((BootClock::now() - begin).count()));
    }
    return 0;
}
