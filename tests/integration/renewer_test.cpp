// The renewal thread with real servers and a real clock, on a short TTL.
#include "lock/renewer.hpp"
#include "support/redis_server.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

namespace holdfast::test::renewer_test {

using namespace std::chrono_literals;

namespace {

constexpr Timing timing{3s, 0ms, 300ms};

struct Held {
    RedisServers servers;
    SoleLock lock;
    LiveDeadline deadline;

    explicit Held(size_t n)
        : servers{n}, lock{NodeSet{servers.nodes(), timing.node_timeout},
                           {"x", "holdfast:"},
                           {timing},
                           this_process("job", 3s)},
          deadline{} {
        lock.nodes().resolve();
    }

    void acquire() {
        REQUIRE(lock.try_once().outcome == Outcome::won);
        deadline.move(*lock.valid_until());
    }
};

} // namespace

TEST_CASE("a held lock outlives its TTL as long as it is renewed, and no longer") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Held held{n};
        held.acquire();
        const BootTime first = *held.deadline.at();
        Renewer renewer{held.lock, held.deadline};
        CHECK(eventually([&] { return *held.deadline.at() > first + 3s; }));
        CHECK_FALSE(held.deadline.lost());
        renewer.stop();
        CHECK(held.lock.valid());
        CHECK(held.lock.release());
        for (size_t i = 0; i < n; ++i) CHECK(held.servers[i].text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("what is to be done last is done by the renewal thread, after a loss as well, and its failure arrives") {
    for (const bool lost : {false, true}) {
        CAPTURE(lost);
        Held held{1};
        held.acquire();
        if (lost) held.servers[0].command({"DEL", "holdfast:x"});
        Renewer renewer{held.lock, held.deadline};
        if (lost) CHECK(eventually([&] { return held.deadline.lost(); }));
        std::thread::id by;
        CHECK_THROWS_WITH(renewer.stop([&] {
            by = std::this_thread::get_id();
            held.lock.release();
            throw std::runtime_error{"as wanted"};
        }),
                          "as wanted");
        CHECK(by != std::thread::id{});
        CHECK(by != std::this_thread::get_id());
        CHECK(held.servers[0].text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("a lock whose key is gone is told as lost, with what each node says") {
    Held held{1};
    held.acquire();
    held.servers[0].command({"DEL", "holdfast:x"});
    Renewer renewer{held.lock, held.deadline};
    CHECK(eventually([&] { return held.deadline.lost(); }));
    CHECK(held.deadline.reason().find("the key is gone") != std::string::npos);
    renewer.stop();
}

TEST_CASE("the next round finds a lock lost that fewer than a quorum still hold, though a node is silent") {
    Held held{3};
    held.servers[2].kill();
    held.acquire();
    Renewer renewer{held.lock, held.deadline};
    const BootTime first = *held.deadline.at();
    REQUIRE(eventually([&] { return *held.deadline.at() > first; }));
    const BootTime renewed = *held.deadline.at();
    held.servers[1].command({"DEL", "holdfast:x"});
    CHECK(eventually([&] { return held.deadline.lost(); }));
    // Two rounds later it would be over without having been found out.
    CHECK(BootClock::now() < renewed - timing.renewal_interval());
    CHECK(held.deadline.reason().find("the key is gone") != std::string::npos);
    renewer.stop();
    held.lock.release();
}

TEST_CASE("nodes that come back before the lease ends are no loss") {
    Held held{1};
    held.acquire();
    const BootTime first = *held.deadline.at();
    Renewer renewer{held.lock, held.deadline};
    held.servers[0].pause();
    CHECK(eventually([&] { return BootClock::now() > first - 1500ms; }));
    held.servers[0].resume();
    CHECK(eventually([&] { return *held.deadline.at() > first; }));
    CHECK_FALSE(held.deadline.lost());
    renewer.stop();
    held.lock.release();
}

TEST_CASE("nodes that come back after the lease has ended revive nothing") {
    Held held{1};
    held.acquire();
    const BootTime first = *held.deadline.at();
    held.servers[0].command({"PEXPIRE", "holdfast:x", "60000"}); // the key is still ours when the node wakes
    held.servers[0].pause();
    Renewer renewer{held.lock, held.deadline};
    CHECK(eventually([&] { return BootClock::now() > first + 20ms; }));
    held.servers[0].resume();
    CHECK(eventually([&] { return held.deadline.lost(); }));
    CHECK(held.deadline.at() == first);
    renewer.stop();
    held.lock.release();
}

TEST_CASE("stopping does not wait for a node that hangs") {
    const auto stopped_in = [] {
        Held held{3};
        held.acquire();
        for (size_t i = 0; i < 3; ++i) held.servers[i].pause();
        Renewer renewer{held.lock, held.deadline};
        std::this_thread::sleep_for(1050ms); // into a round, which waits for 300 ms
        const BootTime start = BootClock::now();
        renewer.stop();
        return BootClock::now() - start;
    };
    CHECK(quickest(200ms, stopped_in) < 200ms);
}

} // namespace holdfast::test::renewer_test
