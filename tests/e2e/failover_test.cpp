// Real Sentinels and a real Cluster: a lock goes on where its node goes.
#include "support/cluster.hpp"
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"
#include "support/sentinels.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <functional>
#include <thread>

namespace holdfast::test::failover_test {

using namespace std::chrono_literals;

namespace {

constexpr const char* key = "holdfast:x";

/// Waits until a server that is not the first has the lock, with more of the TTL than it can have from the first.
bool renewed_elsewhere(Sentinels& group, milliseconds at_least) {
    return eventually([&] {
        const auto master = group.master();
        return master && *master != 0 && group[*master].command({"PTTL", key}).integer > at_least.count();
    });
}

/// What the server says of its replication, also while a Sentinel closes its connections.
std::string role(const RedisServer& server) {
    return finish({"redis-cli", "-p", fmt::format("{}", server.port()), "INFO", "replication"}).out;
}

/// Ends the holder, and checks that the waiter is let in soon.
void hand_over(Process& holder, Process& waiter) {
    REQUIRE(holder.running());
    holder.say("\n");
    const BootTime told = BootClock::now();
    waiter.wait_for_out("waited"); // not its end, which a sanitizer delays
    CHECK(BootClock::now() - told < 1s);
    CHECK(waiter.wait().status() == 0);
    CHECK(holder.wait().status() == 0);
}

/// A replicated lock and its waiter go where the node goes.
void goes_along(const std::function<void(Sentinels&)>& fail_over) {
    Sentinels group{1s};
    Process holder{run_on(group.uri(), {"--ttl", "9s", "--grace", "100ms", "x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    Process waiter{run_on(group.uri(), {"-w", "40s", "x", "echo", "waited"})};
    REQUIRE(eventually([&] { return group[0].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    fail_over(group);
    CHECK(renewed_elsewhere(group, 7s));
    CHECK(eventually([&] { return group.agree(); }));
    hand_over(holder, waiter);
}

/// A lock whose slot moves while it is held, and which is released while the slot moves, or after it has `arrived`.
void moves_along(bool arrived) {
    Cluster cluster{3};
    const size_t from = cluster.first_owner(key);
    const size_t to = (from + 1) % 3;
    RedisServer& source = cluster[from];
    RedisServer& target = cluster[to];
    Process holder{run_on(cluster.uri(), {"--ttl", "3s", "--grace", "100ms", "x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    const std::string slot = source.text({"CLUSTER", "KEYSLOT", key});
    REQUIRE(target.text({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.id(from)}) == "OK");
    REQUIRE(source.text({"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.id(to)}) == "OK");
    std::this_thread::sleep_for(4s); // longer than the TTL: the lock's other keys are on neither side or on both
    const std::string port = fmt::format("{}", target.port());
    const std::string fence = "holdfast:x:{holdfast:x}:fence";
    REQUIRE(source.text({"MIGRATE", "127.0.0.1", port, key, "0", "1000"}) == "OK");
    std::this_thread::sleep_for(4s);
    CHECK(holder.running());
    if (arrived) {
        REQUIRE(source.text({"MIGRATE", "127.0.0.1", port, fence, "0", "1000"}) == "OK");
        for (size_t i : {to, from}) cluster[i].command({"CLUSTER", "SETSLOT", slot, "NODE", cluster.id(to)});
        std::this_thread::sleep_for(3s);
    }
    holder.say("\n");
    const Finished done = holder.wait();
    CHECK(done.status() == 0);
    CHECK(done.err.empty());
    CHECK(target.text({"EXISTS", key}) != "1");
}

/// A holder lets go after another server has become the master, and before any Sentinel names that server. `before`
/// comes while the lock is held, before the failover.
void is_free_on_the_new_master(const std::function<void(Sentinels&)>& before) {
    Sentinels group{1s};
    // Between two renewals, which ask the Sentinels as well, half a minute passes.
    Process holder{run_on(group.uri(), {"--ttl", "90s", "x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    before(group);
    Process waiter{run_on(group.uri(), {"-w", "40s", "x", "echo", "waited"})};
    REQUIRE(eventually([&] { return group[0].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    REQUIRE(group.ask(0, {"SENTINEL", "FAILOVER", "m"}) == "OK\n");
    // The Sentinels name the new master a second after its promotion.
    REQUIRE(eventually([&] { return has(role(group[1]), "role:master") || has(role(group[2]), "role:master"); }));
    holder.say("\n");
    const BootTime told = BootClock::now();
    waiter.wait_for_out("waited");
    CHECK(BootClock::now() - told < 10s); // the TTL is 90 s
    CHECK(waiter.wait().status() == 0);
    CHECK(holder.wait().status() == 0);
}

} // namespace

TEST_CASE("a planned Sentinel failover ends no command, and a waiter goes along") {
    goes_along([](Sentinels& group) { CHECK(group.ask(0, {"SENTINEL", "FAILOVER", "m"}) == "OK\n"); });
}

TEST_CASE("a Sentinel failover of a master that was killed ends no command, and a waiter goes along") {
    goes_along([](Sentinels& group) { group[0].kill(); });
}

TEST_CASE("a Sentinel failover of a master that hangs ends no command, and a waiter goes along") {
    goes_along([](Sentinels& group) { group[0].pause(); });
}

TEST_CASE("a holder whose lock did not come along stops its command at the Sentinels' first word") {
    Sentinels group{1s};
    group.cut_off_replicas();
    Process holder{run_on(group.uri(), {"--ttl", "30s", "x", "-c", "echo started; sleep 60"})};
    holder.wait_for_out("started");
    group[0].kill();
    const Finished lost = holder.wait();
    CHECK(lost.status() == 79);
    CHECK(has(lost.err, "lost"));
}

TEST_CASE("a lock that is released in the middle of a failover is free on the new master") {
    is_free_on_the_new_master([](Sentinels&) {});
}

TEST_CASE("so it is if the Sentinels had closed the holder's connections before") {
    is_free_on_the_new_master([](Sentinels& group) {
        const auto listeners = [&](size_t sentinel) {
            return group.ask(sentinel, {"CLIENT", "LIST", "TYPE", "PUBSUB"});
        };
        const auto all_listen = [&] {
            for (size_t i = 0; i < Sentinels::count; ++i)
                if (!has(listeners(i), "sub=2")) return false;
            return true;
        };
        REQUIRE(eventually(all_listen));
        for (size_t i = 0; i < Sentinels::count; ++i) group.ask(i, {"CLIENT", "KILL", "TYPE", "PUBSUB"});
        // The holder comes back long before it asks for other reasons.
        REQUIRE(eventually(all_listen, 10s));
    });
}

TEST_CASE("what the old master grants after a failover does not count") {
    Sentinels group{1s};
    // The old master goes on granting for ten seconds, because the Sentinels demote it no sooner.
    REQUIRE(group.ask(0, {"SENTINEL", "FAILOVER", "m"}) == "OK\n");
    std::optional<size_t> promoted;
    REQUIRE(eventually([&] {
        for (size_t i = 1; i < group.size(); ++i)
            if (has(role(group[i]), "role:master")) promoted = i;
        return promoted.has_value();
    }));
    // A run that is let in is let in by the new one, however soon it asks.
    const Finished run = finish(run_on(
        group.uri(), {"-w", "10s", "x", "redis-cli", "-p", fmt::format("{}", group[*promoted].port()), "EXISTS", key}));
    INFO(run.err);
    CHECK(run.out == "1\n");
}

TEST_CASE("a Sentinel that does not answer is no majority, and one that is silent stops nothing") {
    Sentinels group{1s};
    group.process(2).signal(SIGKILL);
    CHECK(finish(run_on(group.uri(), {"-n", "x", "true"})).status() == 0);
    group.process(1).signal(SIGKILL);
    const Finished alone = finish(run_on(group.uri(), {"-n", "x", "true"}));
    CHECK(alone.status() == 69);
    CHECK(has(alone.err, "Sentinels answer"));
}

TEST_CASE("a Sentinel that hangs delays a single try, and does not end it") {
    Sentinels group{1s};
    group.process(2).signal(SIGSTOP);
    CHECK(finish(run_on(group.uri(), {"-n", "x", "true"})).status() == 0);
    CHECK(finish(run_on(group.uri(), {"-n", "--ttl", "3s", "x", "true"})).status() == 0);
}

TEST_CASE("a waiter that has seen all Sentinels is not let in by a minority") {
    Sentinels group{1s};
    Process holder{run_on(group[0].uri(), {"x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    Process waiter{run_on(group.uri(), {"-w", "8s", "x", "echo", "in"})};
    waiter.wait_for_err("waiting");
    for (const size_t i : {1U, 2U}) group.process(i).signal(SIGKILL);
    holder.say("\n");
    CHECK(holder.wait().status() == 0);
    const Finished waited = waiter.wait();
    CHECK(waited.status() == 69);
    CHECK(waited.out.empty());
}

TEST_CASE("a holder that no majority of Sentinels tells of its master ends with its lease") {
    Sentinels group{5s};
    Process holder{run_on(group.uri(), {"--ttl", "3s", "--grace", "100ms", "x", "-c", "echo started; sleep 60"})};
    holder.wait_for_out("started");
    SUBCASE("one hangs: there is a majority") {
        group.process(0).signal(SIGSTOP);
        std::this_thread::sleep_for(6s);
        CHECK(holder.running());
    }
    SUBCASE("two hang") {
        for (const size_t i : {0U, 1U}) group.process(i).signal(SIGSTOP);
        CHECK(holder.wait().status() == 79);
    }
}

TEST_CASE("a master that the Sentinels do not know, and Sentinels that are none, end a wait at once") {
    Sentinels group{1s};
    const std::string hosts = group.uri().substr(0, group.uri().rfind('/'));
    const Finished unknown = finish(run_on(hosts + "/mistyped", {"-w", "30s", "x", "true"}));
    CHECK(unknown.status() == 78);
    CHECK(has(unknown.err, "its Sentinels know no master 'mistyped'; check the name behind the '/'"));
    const Finished servers =
        finish(run_on(fmt::format("sentinel://127.0.0.1:{}/m", group[0].port()), {"-w", "30s", "x", "true"}));
    CHECK(servers.status() == 78);
    CHECK(has(servers.err, "its Sentinels are none; write redis:// for a server"));
}

TEST_CASE("one Sentinel that is named leads to all of them") {
    Sentinels group{1s};
    const std::string one = fmt::format("sentinel://127.0.0.1:{}/m", group.port(0));
    CHECK(finish(run_on(one, {"-n", "x", "true"})).status() == 0);
    // The others are asked as well: without them there is no majority.
    group.process(1).signal(SIGSTOP);
    group.process(2).signal(SIGSTOP);
    CHECK(finish(run_on(one, {"-n", "x", "true"})).status() == 69);
}

TEST_CASE("a failover in a cluster ends no command, and a waiter goes along") {
    Cluster cluster{3, 1};
    const size_t owner = cluster.first_owner(key);
    Process holder{run_on(cluster.uri(), {"--ttl", "6s", "--grace", "100ms", "x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    Process waiter{run_on(cluster.uri(), {"-w", "40s", "x", "echo", "waited"})};
    REQUIRE(eventually([&] { return cluster[owner].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    RedisServer& replica = cluster[owner + 3];
    REQUIRE(eventually([&] { return replica.text({"CLUSTER", "FAILOVER"}) == "OK"; }));
    CHECK(eventually([&] {
        return has(replica.text({"INFO", "replication"}), "role:master") &&
               replica.command({"PTTL", key}).integer > 5000;
    }));
    hand_over(holder, waiter);
}

TEST_CASE("a lock whose slot moves is renewed and released meanwhile") { moves_along(false); }

TEST_CASE("a lock whose slot has moved is renewed and released there") { moves_along(true); }

TEST_CASE("on a cluster every name works, and list, history and metrics show each once") {
    const Cluster cluster{3};
    std::vector<std::string> names;
    for (int i = 0; i < 40; ++i) names.push_back(fmt::format("name-{}", i));
    for (const std::string& name : names)
        CHECK(finish(holdfast({"acquire", "-n", "--ttl", "60s", "--node", cluster.uri(), name})).status() == 0);
    const Finished listed = finish(holdfast({"list", "--json", "--node", cluster.uri()}));
    const Finished past = finish(holdfast({"history", "--json", "--node", cluster.uri()}));
    CHECK(past.out.find("\"summary\":{\"runs\":40,") != std::string::npos);
    CHECK(past.out.find("\"holding\":40,") != std::string::npos);
    const Finished counted = finish(holdfast({"metrics", "--node", cluster.uri()}));
    for (const std::string& name : names) {
        const size_t at = listed.out.find("\"" + name + "\"");
        REQUIRE(at != std::string::npos);
        CHECK(listed.out.find("\"" + name + "\"", at + 1) == std::string::npos);
        CHECK(counted.out.find("holdfast_lock_acquired_total{lock=\"" + name + "\"} 1\n") != std::string::npos);
    }
    CHECK(finish(holdfast({"status", "--node", cluster.uri(), names[7]})).status() == 0);
}

TEST_CASE("with --replicas a grant counts once a replica has it, and else it is taken back") {
    RedisServer master{{"--repl-diskless-sync-delay", "0"}, RedisServer::Listens::loopback};
    RedisServer replica{{"--replicaof", "127.0.0.1", fmt::format("{}", master.port())}, RedisServer::Listens::loopback};
    // A replica that is in sync gets nothing before its next word to the master, up to a second later.
    const std::vector<std::string> cli{"redis-cli", "-p", fmt::format("{}", master.port())};
    REQUIRE(eventually([&] { return finish(cli, {.input = "SET first 1\nWAIT 1 300\n"}).out == "OK\n1\n"; }));
    std::vector<std::string> options{"-n", "--replicas", "1", "--ttl", "6s", "--grace", "100ms"};
    SUBCASE("by script") {}
    SUBCASE("by transaction") { options.emplace_back("--no-scripts"); }
    const auto run = [&](const std::vector<std::string>& words) {
        std::vector<std::string> all = options;
        all.insert(all.end(), words.begin(), words.end());
        return run_on(master.uri(), all);
    };
    CHECK(finish(run({"x", "true"})).err == "");
    CHECK(master.text({"EXISTS", key}) == "0");

    Process holder{run({"held", "-c", "echo started; sleep 60"})};
    holder.wait_for_out("started");
    replica.pause();
    const Finished refused = finish(run({"x", "true"}));
    CHECK(refused.status() == 69);
    CHECK(has(refused.err, "1 replicas that --replicas asks for"));
    CHECK(master.text({"EXISTS", key}) == "0");

    const Finished lost = holder.wait();
    CHECK(lost.status() == 79);
    CHECK(has(lost.err, "1 replicas that --replicas asks for"));
}

TEST_CASE("a node that says too late how many replicas have a grant has its own words, and the grant is taken back") {
    RedisServer real;
    const HostileServer server{{.name = "hides", .only_then = true}, real.node(), [](const auto& words) {
                                   return words.front().text == "WAIT";
                               }};
    const Finished refused = finish(run_on(server.uri(), {"-n", "--replicas", "2", "--ttl", "3s", "x", "true"}));
    CHECK(refused.status() == 69);
    CHECK(has(refused.err, "cannot be used: fewer than the 2 replicas that --replicas asks for have it after 300ms; "
                           "see to the node's replicas"));
    CHECK(real.text({"EXISTS", key}) == "0");
}

TEST_CASE("with --replicas the node timeout has room for WAIT") {
    const RedisServer server;
    const Finished short_one = finish(run_on(server.uri(), {"-n", "--replicas", "1", "--ttl", "2s", "x", "true"}));
    CHECK(short_one.status() == 78);
    CHECK(has(short_one.err, "--node-timeout 300ms"));
    const Finished no_number = finish(run_on(server.uri(), {"-n", "--replicas", "many", "x", "true"}));
    CHECK(no_number.status() == 64);
}

} // namespace holdfast::test::failover_test
