// The lock over real servers that hang, die, forget and refuse.
#include "lock/inspection.hpp"
#include "lock/lock.hpp"
#include "lock/revocation.hpp"
#include "lock/waiter.hpp"
#include "support/hostile_server.hpp"
#include "support/redis_server.hpp"
#include "support/script_text.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace holdfast::test::lock_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};

Timing timing(milliseconds ttl = 30s, milliseconds node_timeout = 1s) { return {ttl, 0ms, node_timeout}; }

SoleLock lock_on(const std::vector<Node>& nodes, const Timing& t = timing()) {
    SoleLock lock{NodeSet{nodes, t.node_timeout}, key, {t}, this_process("job", t.ttl)};
    lock.nodes().resolve();
    return lock;
}

size_t nodes_with_key(RedisServers& servers) {
    size_t n = 0;
    for (size_t i = 0; i < servers.size(); ++i)
        if (servers[i].text({"EXISTS", "holdfast:x"}) == "1") ++n;
    return n;
}

void nothing() {}

/// From here on the servers know the scripts of a lock, and are asked by digest.
void teach(RedisServers& servers) {
    for (const Node& node : servers.nodes()) {
        SoleLock lock = lock_on({node});
        REQUIRE(lock.try_once().outcome == Outcome::won);
        REQUIRE(lock.extend(nothing) == Renewal::held);
        REQUIRE(lock.release());
    }
}

} // namespace

TEST_CASE("one lock, one holder, on one node and on three") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        SoleLock first = lock_on(servers.nodes());
        SoleLock second = lock_on(servers.nodes());
        REQUIRE(first.try_once().outcome == Outcome::won);
        const Attempt refused = second.try_once();
        CHECK(refused.outcome == Outcome::held);
        REQUIRE(refused.holder.holder.has_value());
        CHECK(refused.holder.holder->label == "job");
        CHECK(refused.holder.holder->pid == ::getpid());
        CHECK(refused.expires_in > 29s);
        CHECK(first.release());
        CHECK(nodes_with_key(servers) == 0);
        CHECK(second.try_once().outcome == Outcome::won);
        CHECK(second.release());
    }
}

TEST_CASE("the lease ends by the TTL less the drift, counted from before the request") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    const BootTime before = BootClock::now();
    REQUIRE(lock.try_once().outcome == Outcome::won);
    CHECK(*lock.valid_until() >= before + 30s - 302ms);
    CHECK(*lock.valid_until() <= BootClock::now() + 30s - 302ms);
    lock.release();
}

TEST_CASE("nodes that hang cost nothing while a quorum answers") {
    RedisServers servers{5};
    servers[1].pause();
    servers[3].pause();
    SoleLock lock = lock_on(servers.nodes(), timing(30s, 10s));
    const BootTime start = BootClock::now();
    REQUIRE(lock.try_once().outcome == Outcome::won);
    CHECK(lock.release());
    // Waiting for a hung node would take its ten seconds.
    CHECK(BootClock::now() - start < 5s);
}

TEST_CASE("without a quorum nothing is won, and nothing is left behind") {
    RedisServers servers{3};
    servers[0].kill();
    servers[1].kill();
    SoleLock lock = lock_on(servers.nodes());
    const Attempt attempt = lock.try_once();
    CHECK(attempt.outcome == Outcome::too_few);
    CHECK(attempt.answered == 1);
    CHECK(attempt.nodes[0].text == "connection refused");
    CHECK(attempt.nodes[2].text.starts_with("answered in "));
    CHECK(servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("what a hung node was asked for does not outlive the asker when it wakes") {
    RedisServers servers{3};
    servers[0].pause();
    servers[1].pause();
    {
        SoleLock lock = lock_on(servers.nodes(), timing(30s, 100ms));
        CHECK(lock.try_once().outcome == Outcome::too_few);
        CHECK(lock.try_once().outcome == Outcome::too_few);
    }
    servers[0].resume();
    servers[1].resume();
    // Once a node answers us it has done all that came before.
    for (size_t i = 0; i < 3; ++i) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a won lock leaves nothing on a node that hung all the while") {
    RedisServers servers{3};
    servers[2].pause();
    {
        SoleLock lock = lock_on(servers.nodes());
        REQUIRE(lock.try_once().outcome == Outcome::won);
        CHECK(lock.release());
    }
    servers[2].resume();
    CHECK(eventually([&] { return servers[2].text({"EXISTS", "holdfast:x"}) == "0"; }));
    CHECK(nodes_with_key(servers) == 0);
}

TEST_CASE("an answer that came in time and is read too late does not count") {
    RedisServers servers{1};
    SoleLock lock = lock_on(servers.nodes(), timing(30s, 50ms));
    Fd wake = make_event_fd();
    servers[0].pause();
    std::thread resumer{[&] {
        std::this_thread::sleep_for(150ms);
        servers[0].resume();
    }};
    CHECK(lock.try_once().outcome == Outcome::too_few);
    resumer.join();
    CHECK_FALSE(lock.valid_until().has_value());
    CHECK(eventually([&] { return servers[0].text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("a lease too short for a command is given back at once") {
    RedisServers servers{1};
    // Grace and margins need more than the whole TTL: never worth starting.
    SoleLock lock = lock_on(servers.nodes(), Timing{1s, 2s, 1s});
    CHECK(lock.try_once().outcome == Outcome::too_few);
    CHECK(servers[0].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("renewal moves the lease, and only a quorum's yes does") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes(), timing(30s, 200ms));
    REQUIRE(lock.try_once().outcome == Outcome::won);
    const auto won = lock.valid_until();
    CHECK(lock.extend(nothing) == Renewal::held);
    CHECK(lock.valid_until() > won);
    const auto renewed = lock.valid_until();
    servers[0].pause();
    servers[1].pause();
    CHECK(lock.extend(nothing) == Renewal::shaky);
    CHECK(lock.valid_until() == renewed);
    servers[0].resume();
    servers[1].resume();
    CHECK(lock.extend(nothing) == Renewal::held);
    CHECK(lock.valid_until() > renewed);
    CHECK(lock.release());
}

TEST_CASE("a node that forgot the lock gets it back while a quorum confirms it, and a quorum that forgot is the end") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    servers[0].command({"FLUSHALL"});
    CHECK(lock.extend(nothing) == Renewal::held);
    CHECK(nodes_with_key(servers) == 3);
    CHECK(servers[0].text({"GET", "holdfast:x:{holdfast:x}:fence"}) == std::to_string(lock.fence().number));
    servers[0].command({"FLUSHALL"});
    servers[1].command({"SET", "holdfast:x", "another", "PX", "10000"});
    CHECK(lock.extend(nothing) == Renewal::lost);
    CHECK_FALSE(lock.valid_until().has_value());
    lock.release();
    CHECK(servers[1].text({"GET", "holdfast:x"}) == "another");
    CHECK(servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE(
    "a lock of exactly a quorum is lost when one node of it forgets, whatever a node may say that has not got it") {
    for (const bool renews : {false, true}) {
        CAPTURE(renews);
        RedisServers servers{3};
        servers[2].kill();
        SoleLock lock = lock_on(servers.nodes());
        REQUIRE(lock.try_once().outcome == Outcome::won);
        servers[1].command({"DEL", "holdfast:x"});
        CHECK((renews ? lock.extend(nothing) : lock.confirm()) == Renewal::lost);
        CHECK_FALSE(lock.valid_until().has_value());
        CHECK_FALSE(lock.start_until().has_value());
        CHECK_FALSE(lock.worth_starting());
        // It is given up, not restored.
        CHECK(servers[1].text({"EXISTS", "holdfast:x"}) == "0");
        lock.release();
    }
}

TEST_CASE("a node that has not answered when the lock is won is waited for before a loss is certain") {
    RedisServers servers{3};
    teach(servers);
    servers[2].pause();
    SoleLock lock = lock_on(servers.nodes(), timing(30s, 10s));
    REQUIRE(lock.try_once().outcome == Outcome::won);
    servers[1].command({"DEL", "holdfast:x"});
    std::thread resumer{[&] {
        std::this_thread::sleep_for(50ms);
        servers[2].resume();
    }};
    // It has been granted there all along.
    CHECK(lock.extend(nothing) == Renewal::held);
    resumer.join();
    CHECK(nodes_with_key(servers) == 3);
    CHECK(lock.release());
}

TEST_CASE("with one node a missing key is the end") {
    RedisServers servers{1};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    servers[0].command({"DEL", "holdfast:x"});
    CHECK(lock.extend(nothing) == Renewal::lost);
    CHECK(servers[0].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a connection that broke while the lock was held is opened again, for renewal and for release") {
    RedisServers servers{1};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    servers[0].command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    CHECK(lock.extend(nothing) == Renewal::held);
    servers[0].command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    CHECK(lock.release());
    CHECK(servers[0].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a release that too few nodes confirm says so") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    servers[0].kill();
    servers[1].kill();
    CHECK_FALSE(lock.release());
    CHECK(servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a lock that was taken away by force is lost at the next renewal, whatever the nodes hold") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    NodeSet operators{servers.nodes(), 1s};
    operators.resolve();
    const Inspection seen = inspect(operators, key);
    CHECK(seen.standing == Standing::held);
    CHECK(seen.holding == 3);
    CHECK(revoke(operators, key, seen.record, "").outcome == Revocation::Outcome::revoked);
    CHECK(nodes_with_key(servers) == 0);
    CHECK(lock.extend(nothing) == Renewal::lost);
    CHECK(revoke(operators, key, seen.record, "").outcome == Revocation::Outcome::free);
}

TEST_CASE("a new holder who came in between is not touched by a revocation") {
    RedisServers servers{3};
    NodeSet operators{servers.nodes(), 1s};
    operators.resolve();
    SoleLock first = lock_on(servers.nodes());
    REQUIRE(first.try_once().outcome == Outcome::won);
    const Inspection seen = inspect(operators, key);
    first.release();
    SoleLock second = lock_on(servers.nodes());
    REQUIRE(second.try_once().outcome == Outcome::won);
    CHECK(revoke(operators, key, seen.record, "").outcome == Revocation::Outcome::changed);
    CHECK(second.extend(nothing) == Renewal::held);
    second.release();
}

TEST_CASE("of many who try at once exactly one wins, over one, three and five nodes") {
    for (const size_t n : {1U, 3U, 5U}) {
        CAPTURE(n);
        RedisServers servers{n};
        constexpr int tryers = 12;
        std::atomic<int> won = 0;
        std::atomic<int> held = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < tryers; ++i)
            threads.emplace_back([&] {
                SoleLock lock = lock_on(servers.nodes());
                const Attempt attempt = acquire(lock, {0ms}, -1, [](const Attempt&) {});
                if (attempt.outcome == Outcome::won) ++won;
                if (attempt.outcome == Outcome::held) ++held;
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(won == 1);
        CHECK(held == tryers - 1);
    }
}

TEST_CASE("a waiter gets the lock when its holder lets go, and when its holder's TTL ends") {
    RedisServers servers{1};
    SoleLock waiter = lock_on(servers.nodes());
    servers[0].command({"SET", "holdfast:x", "crashed", "PX", "300"});
    CHECK(acquire(waiter, {std::nullopt}, -1, [](const Attempt&) {}).outcome == Outcome::won);
    SoleLock next = lock_on(servers.nodes());
    bool waited = false;
    const auto let_go = [&](const Attempt& attempt) {
        CHECK(attempt.outcome == Outcome::held);
        if (!waited) waiter.release();
        waited = true;
    };
    CHECK(acquire(next, {std::nullopt}, -1, let_go).outcome == Outcome::won);
    CHECK(waited);
    next.release();
}

TEST_CASE("a waiter whose patience ends says why it has not got the lock") {
    RedisServers servers{1};
    servers[0].command({"SET", "holdfast:x", "other", "PX", "60000"});
    SoleLock waiter = lock_on(servers.nodes());
    const BootTime start = BootClock::now();
    CHECK(acquire(waiter, {200ms}, -1, [](const Attempt&) {}).outcome == Outcome::held);
    CHECK(BootClock::now() - start >= 200ms);
    servers[0].kill();
    CHECK(acquire(waiter, {200ms}, -1, [](const Attempt&) {}).outcome == Outcome::too_few);
}

TEST_CASE("a slow answer makes no longer lease: it counts from before the request, at the win and at each renewal") {
    RedisServers servers{1};
    teach(servers);
    SoleLock lock = lock_on(servers.nodes());
    const auto counts_from_the_request = [&](const std::function<bool()>& asked) {
        // It takes no command of anybody for that long.
        servers[0].command({"CLIENT", "PAUSE", "600"});
        REQUIRE(asked());
        CHECK(*lock.valid_until() < BootClock::now() - 100ms + 30s - 302ms);
    };
    counts_from_the_request([&] { return lock.try_once().outcome == Outcome::won; });
    counts_from_the_request([&] { return lock.extend(nothing) == Renewal::held; });
    CHECK(lock.release());
}

TEST_CASE("an attempt whose request may come late is void, and the next attempt is not") {
    RedisServers servers{1};
    SoleLock lock = lock_on(servers.nodes(), timing(30s, 100ms));
    servers[0].pause();
    CHECK(lock.try_once().outcome == Outcome::too_few);
    servers[0].resume();
    const std::string mark = key.void_mark(lock.token().text());
    CHECK(eventually([&] { return servers[0].text({"EXISTS", mark}) == "1"; }));
    CHECK(lock.try_once().outcome == Outcome::won);
    CHECK(lock.release());
}

TEST_CASE("a token that was revoked on a single node is lost, although a quorum still says yes") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    NodeSet one{{servers[0].node()}, 1s};
    one.resolve();
    REQUIRE(revoke(one, key, inspect(one, key).record, "").outcome == Revocation::Outcome::revoked);
    CHECK(lock.extend(nothing) == Renewal::lost);
    lock.release();
}

TEST_CASE("a rolling restart of nodes that forget everything does not lose a held lock") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    for (size_t i = 0; i < 3; ++i) {
        servers[i].kill();
        servers[i].start();
        CHECK(eventually([&] { return lock.extend(nothing) == Renewal::held && nodes_with_key(servers) == 3; }));
    }
    CHECK(lock.release());
    CHECK(nodes_with_key(servers) == 0);
}

TEST_CASE(
    "an acquire that is still under way to a node which got the key back meanwhile takes nothing after the release") {
    RedisServers servers{3};
    const Fd let_through = make_event_fd();
    std::atomic<bool> met = false;
    const auto first_acquire = [&](const std::vector<Reply>& words) {
        return script_text(words).find("'granted'") != std::string::npos && !met.exchange(true);
    };
    const HostileServer third{
        {.name = "holds back", .hands_on = true, .not_before = let_through.get()}, servers[2].node(), first_acquire};
    const auto requests = [&] {
        const std::string all = servers[2].text({"INFO", "commandstats"});
        const size_t at = all.find("cmdstat_evalsha:");
        return at == std::string::npos ? "" : all.substr(at, all.find(',', at) - at);
    };
    SoleLock lock = lock_on({servers[0].node(), servers[1].node(), *parse_node(third.uri())}, timing(30s, 200ms));
    REQUIRE(lock.try_once().outcome == Outcome::won);
    // A server in between that is slow would never read the request if the connection were closed now.
    REQUIRE(eventually([&] { return met.load(); }));
    // Once the node timeout is over it is asked on another connection.
    REQUIRE(eventually([&] { return lock.extend(nothing) == Renewal::held && nodes_with_key(servers) == 3; }));
    CHECK(lock.release());
    CHECK(nodes_with_key(servers) == 0);

    const std::string before = requests();
    const uint64_t one = 1;
    REQUIRE(::write(let_through.get(), &one, sizeof one) == sizeof one);
    REQUIRE(eventually([&] { return requests() != before; }));
    CHECK(nodes_with_key(servers) == 0);
}

TEST_CASE("a lock that was taken away does not come back by restoring it") {
    RedisServers servers{3};
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    NodeSet operators{servers.nodes(), 1s};
    operators.resolve();
    REQUIRE(revoke(operators, key, inspect(operators, key).record, "").outcome == Revocation::Outcome::revoked);
    CHECK(lock.extend(nothing) == Renewal::lost);
    CHECK(nodes_with_key(servers) == 0);
}

TEST_CASE("fence numbers grow from holder to holder, also after nodes forgot, and also over nodes that disagree") {
    for (const size_t n : {1U, 3U, 5U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Fence last{};
        for (int i = 0; i < 10; ++i) {
            SoleLock lock = lock_on(servers.nodes());
            REQUIRE(lock.try_once().outcome == Outcome::won);
            CHECK(lock.fence() > last);
            last = lock.fence();
            CHECK(lock.release());
            if (i == 3) servers[0].command({"SET", "holdfast:x:{holdfast:x}:fence", std::to_string(last.number + 50)});
            // A node that forgot has only its clock.
            CHECK(eventually([&] { return wall_time_since_epoch().count() > last.number; }));
            if (i == 6) servers[n - 1].command({"FLUSHALL"});
        }
    }
}

TEST_CASE("nodes that accepted different fence numbers are brought to one of them") {
    RedisServers servers{3};
    const int64_t later = wall_time_since_epoch().count() + 500;
    // No two of them accept the same.
    servers[1].command({"SET", "holdfast:x:{holdfast:x}:fence", std::to_string(later)});
    servers[2].command({"SET", "holdfast:x:{holdfast:x}:fence", std::to_string(later + 7)});
    SoleLock lock = lock_on(servers.nodes());
    REQUIRE(lock.try_once().outcome == Outcome::won);
    CHECK(lock.fence().number > later);
    size_t agreed = 0;
    for (size_t i = 0; i < 3; ++i)
        if (servers[i].text({"GET", "holdfast:x:{holdfast:x}:fence"}) == std::to_string(lock.fence().number)) ++agreed;
    CHECK(agreed >= 2);
    lock.release();
}

TEST_CASE("an attempt whose fence number most nodes do not accept for our record is no win, and is given back") {
    const std::string later = std::to_string((wall_time_since_epoch() + 2h).count());
    for (const std::string& answer :
         {std::string{"*1\r\n$8\r\nnot_ours\r\n"}, "*3\r\n$7\r\nrefused\r\n$0\r\n\r\n:" + later + "\r\n"}) {
        CAPTURE(answer);
        RedisServers servers{3};
        // No two of them accept the same number by themselves, and the one that can be raised has the largest.
        for (size_t i : {0U, 1U})
            servers[i].command({"SET", "holdfast:x:{holdfast:x}:fence",
                                std::to_string((wall_time_since_epoch() + (2 - i) * 30min).count())});
        const Trick trick{.name = "no", .says = answer, .each = true};
        const auto raise = [](const std::vector<Reply>& words) {
            return words.size() > 1 && words[1].text.find("'raised'") != std::string::npos;
        };
        const HostileServer second{trick, servers[1].node(), raise};
        const HostileServer third{trick, servers[2].node(), raise};
        SoleLock lock = lock_on({servers[0].node(), *parse_node(second.uri()), *parse_node(third.uri())});
        CHECK(lock.try_once().outcome == Outcome::too_few);
        CHECK_FALSE(lock.valid_until().has_value());
        CHECK(eventually([&] { return servers[0].text({"EXISTS", "holdfast:x"}) == "0"; }));
    }
}

TEST_CASE("one server that is configured twice is found out, and nothing is left on it") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    Node one = server.node();
    Node other = one;
    other.host = "localhost";
    SoleLock lock = lock_on({one, other});
    CHECK(lock.try_once().outcome == Outcome::same_server);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("one server under two names, which says so only during a hold, has one vote then") {
    RedisServers servers{2};
    Pipe late = make_pipe();
    // It answers nothing until then, so that the others are not kept waiting.
    const HostileServer other_name{{.name = "late", .hands_on = true, .not_before = late.read.get()},
                                   servers[0].node(),
                                   [](const std::vector<Reply>&) { return true; }};
    SoleLock lock = lock_on({servers[0].node(), *parse_node(other_name.uri()), servers[1].node()});
    REQUIRE(lock.try_once().outcome == Outcome::won);
    REQUIRE(lock.extend([] {}) == Renewal::held);
    REQUIRE(::write(late.write.get(), "x", 1) == 1);
    CHECK(eventually([&] {
        lock.extend([] {});
        return lock.last_reports()[1].text.find("it is the same server as ") != std::string::npos;
    }));
    CHECK(lock.extend([] {}) == Renewal::held);
    servers[1].kill();
    CHECK(lock.extend([] {}) != Renewal::held);
    lock.release();
}

TEST_CASE("of three nodes, those that were just started have no vote, unless they are said to be durable") {
    RedisServers servers{3};
    const auto try_with = [&](const std::vector<Node>& nodes, std::optional<milliseconds> guard) {
        SoleLock lock{NodeSet{nodes, 1s}, key, {timing(), guard}, this_process("job", 30s)};
        lock.nodes().resolve();
        const Attempt attempt = lock.try_once();
        if (attempt.outcome == Outcome::won) lock.release();
        CHECK(nodes_with_key(servers) == 0);
        return attempt;
    };
    const Attempt refused = try_with(servers.nodes(), 60s);
    CHECK(refused.outcome == Outcome::too_few);
    CHECK(refused.nodes[0].text.find("may have forgotten locks; it has a vote in 1m") != std::string::npos);
    CHECK(try_with(servers.nodes(), {}).outcome == Outcome::won);
    CHECK(try_with({servers[0].node()}, 60s).outcome == Outcome::won);

    // What they have now does not say what they had when they granted.
    for (size_t i = 0; i < 3; ++i)
        for (const auto& [name, value] : {std::pair{"appendonly", "yes"}, {"appendfsync", "always"}})
            servers[i].command({"CONFIG", "SET", name, value});
    CHECK(try_with(servers.nodes(), 60s).outcome == Outcome::too_few);
    auto nodes = servers.nodes();
    nodes[0].durable = true;
    CHECK(try_with(nodes, 60s).outcome == Outcome::too_few);
    nodes[1].durable = true;
    CHECK(try_with(nodes, 60s).outcome == Outcome::won);
    servers[0].command({"ACL", "SETUSER", "default", "-info"});
    CHECK(try_with(servers.nodes(), 60s).nodes[0].text.find("does not say since when it runs") != std::string::npos);
}

} // namespace holdfast::test::lock_test
