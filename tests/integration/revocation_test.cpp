// A lock that is taken away while its holder does something to it: over nodes of unequal distance, in every order.
#include "base/random.hpp"
#include "lock/inspection.hpp"
#include "lock/lock.hpp"
#include "lock/revocation.hpp"
#include "support/redis_server.hpp"
#include "support/slow_path.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace holdfast::test::revocation_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
constexpr int lanes = 6; // each in a database of its own
constexpr int tries_a_lane = 50;

/// Three servers, far and near.
struct Distances {
    RedisServers servers{3};
    SlowPath near{servers[0].node(), 1ms};
    SlowPath farther{servers[1].node(), 4ms};
    SlowPath far{servers[2].node(), 8ms};

    std::vector<Node> nodes(int db) const {
        std::vector<Node> nodes{near.node(), farther.node(), far.node()};
        for (Node& node : nodes) node.db = db;
        return nodes;
    }
};

NodeSet straight_to(std::vector<Node> nodes, int db) {
    for (Node& node : nodes) node.db = db;
    NodeSet set{std::move(nodes), patience};
    set.resolve();
    return set;
}

bool eventually_held(NodeSet& servers, size_t by_nodes) {
    return eventually([&] { return inspect(servers, key).holding >= by_nodes; });
}

/// A holder that takes the lock and renews it as often as it can, until it is lost.
struct Holder {
    bool won = false;
    bool lost_for_ever = false;
    Token token{};

    void hold(const std::vector<Node>& nodes, Mode mode) {
        const Timing timing{30s, 0ms, 2s};
        SoleLock lock{NodeSet{nodes, timing.node_timeout}, key, {timing, {}, mode}, this_process("job", timing.ttl)};
        lock.nodes().resolve();
        won = lock.try_once().outcome == Outcome::won;
        token = lock.token();
        if (!won) return;
        lock.listen_for_revocation();
        const BootTime give_up = BootClock::now() + patience;
        while (lock.extend([] {}) != Renewal::lost)
            if (BootClock::now() > give_up) return;
        lost_for_ever = lock.extend([] {}) == Renewal::lost;
    }
};

enum class Moment { while_it_renews, while_it_starts };

struct Try {
    Holder holder;
    bool taken = false;
    size_t left = 0; ///< nodes on which the token still stands

    Try(Distances& distances, int db, Moment moment, Mode mode) {
        NodeSet operators = straight_to(distances.nodes(db), db);
        NodeSet servers = straight_to(distances.servers.nodes(), db);
        servers.ask_all({"FLUSHDB"}, {.enough = [](const Answers&) { return false; }});
        std::thread thread{[&] { holder.hold(distances.nodes(db), mode); }};
        const bool found = eventually_held(servers, moment == Moment::while_it_starts ? 1 : 3);
        const Record seen = inspect(servers, key).record;
        if (moment == Moment::while_it_renews) {
            std::this_thread::sleep_for(random_up_to(8ms));
            NodeSet one = straight_to({distances.servers[random_up_to(3ns).count() % 3].node()}, db);
            one.ask_all({"FLUSHDB"}, {.enough = [](const Answers&) { return false; }});
            std::this_thread::sleep_for(random_up_to(16ms));
        }
        taken = found && revoke(operators, key, seen, "the test", mode).outcome == Revocation::Outcome::revoked;
        thread.join();
        left = inspect(servers, key).holding;
    }
};

/// Every try of every lane; what went wrong is counted.
struct Tally {
    std::atomic<int> not_taken = 0;
    std::atomic<int> not_lost = 0;
    std::atomic<int> left = 0;
    std::atomic<int> started = 0;

    explicit Tally(Moment moment, Mode mode) {
        Distances distances;
        std::vector<std::thread> threads;
        for (int lane = 0; lane < lanes; ++lane)
            threads.emplace_back([&, lane] {
                for (int i = 0; i < tries_a_lane; ++i) {
                    const Try one{distances, lane, moment, mode};
                    if (!one.taken) ++not_taken;
                    if (one.holder.won) ++started;
                    if (one.holder.won && !one.holder.lost_for_ever) ++not_lost;
                    if (one.left > 0) ++left;
                }
            });
        for (std::thread& thread : threads) thread.join();
    }
};

} // namespace

TEST_CASE("what was shown is taken away wherever it stands, and what others have is left to them") {
    RedisServers servers{3};
    NodeSet nodes = straight_to(servers.nodes(), 0);
    const Record shown = Record::parse("shown");
    const auto outcome_with = [&](std::initializer_list<std::string_view> values) {
        size_t i = 0;
        for (const std::string_view value : values) {
            if (value.empty()) servers[i].command({"DEL", key.key()});
            else servers[i].command({"SET", key.key(), value, "PX", "60000"});
            ++i;
        }
        return revoke(nodes, key, shown, "words").outcome;
    };
    const auto on = [&](size_t i) { return servers[i].text({"GET", key.key()}); };
    CHECK(outcome_with({"shown", "shown", "other"}) == Revocation::Outcome::revoked);
    CHECK(on(0) == "(nil)");
    CHECK(on(2) == "other");
    // Told by the first node, the holder has let go, and the next has the others before we came there.
    CHECK(outcome_with({"shown", "next", "next"}) == Revocation::Outcome::revoked);
    CHECK(on(0) == "(nil)");
    CHECK(on(1) == "next");
    CHECK(outcome_with({"next", "next", ""}) == Revocation::Outcome::changed);
    CHECK(on(1) == "next");
    CHECK(outcome_with({"", "", "next"}) == Revocation::Outcome::free);
    servers[0].kill();
    servers[1].kill();
    CHECK(revoke(nodes, key, shown, "words").outcome == Revocation::Outcome::too_few);
}

TEST_CASE("what was taken away stays away, 300 times, while its holder renews it and a node forgets it") {
    for (const Mode mode : {Mode::scripts, Mode::transactions}) {
        CAPTURE(mode);
        const Tally tally{Moment::while_it_renews, mode};
        CHECK(tally.started == lanes * tries_a_lane);
        CHECK(tally.not_taken == 0);
        CHECK(tally.not_lost == 0);
        CHECK(tally.left == 0);
    }
}

TEST_CASE("who has not heard of a revocation learns by whom it was with the next renewal") {
    for (const Mode mode : {Mode::scripts, Mode::transactions}) {
        CAPTURE(mode);
        const RedisServers servers{3};
        const Timing timing{30s, 0ms, 2s};
        SoleLock lock{NodeSet{servers.nodes(), timing.node_timeout}, key, {timing, {}, mode}, this_process("job", 30s)};
        lock.nodes().resolve();
        REQUIRE(lock.try_once().outcome == Outcome::won);
        NodeSet operators{servers.nodes(), timing.node_timeout};
        operators.resolve();
        const Record seen = inspect(operators, key).record;
        REQUIRE(revoke(operators, key, seen, "joe has\x1b", mode).outcome == Revocation::Outcome::revoked);
        CHECK_FALSE(lock.told_of_revocation(lock.nodes().take_messages()));
        CHECK(lock.extend([] {}) == Renewal::lost);
        CHECK(lock.taken_away() == "joe has\\x1b");
    }
}

TEST_CASE("who is robbed between grant and start, 300 times, is refused or loses it with the first renewal") {
    for (const Mode mode : {Mode::scripts, Mode::transactions}) {
        CAPTURE(mode);
        const Tally tally{Moment::while_it_starts, mode};
        CHECK(tally.not_taken == 0);
        CHECK(tally.not_lost == 0);
        CHECK(tally.left == 0);
    }
}

} // namespace holdfast::test::revocation_test
