// Rules about the set of nodes, and nodes that forbid scripts.
#include "support/holdfast.hpp"
#include "support/slow_path.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <deque>

namespace holdfast::test::nodes_test {

using namespace std::chrono_literals;

namespace {

/// Without what main() of the tests sets.
const ProcessOptions default_guard{.environment = {{"HOLDFAST_RESTART_GUARD", ""}}};

Finished run_by_default(const std::string& nodes, std::vector<std::string> words) {
    return finish(run_on(nodes, std::move(words)), default_guard);
}

} // namespace

TEST_CASE("of three nodes one that was just started has no vote, and the message names it and says until when") {
    RedisServers servers{3};
    const Finished refused = run_by_default(servers.uris(), {"-n", "x", "true"});
    CHECK(refused.status() == 69);
    for (size_t i = 0; i < 3; ++i) {
        CHECK(has(refused.err, fmt::format("  {}  it was started ", servers[i].uri())));
        CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
    }
    CHECK(has(refused.err, " and may have forgotten locks; it has a vote in 1m"));
    CHECK(run_by_default(servers[0].uri(), {"-n", "x", "true"}).status() == 0);
}

TEST_CASE("a node has its vote again when the guard has passed") {
    RedisServers servers{3};
    const auto run = [&] {
        return run_by_default(servers.uris(), {"-v", "-n", "--ttl", "1s", "--node-timeout", "100ms", "--restart-guard",
                                               "1s", "x", "true"});
    };
    REQUIRE(eventually([&] { return run().status() == 0; }));
    servers[1].kill();
    servers[1].start();
    // With the third one silent, its vote would decide.
    servers[2].pause();
    const Finished degraded = run();
    CHECK(degraded.status() == 69);
    CHECK(has(degraded.err, fmt::format("  {}  it was started ", servers[1].uri())));
    servers[2].resume();
    CHECK(eventually([&] { return servers[1].text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("what a run left on one node, and a node that does not vote, are too few nodes and no contention") {
    RedisServers servers{3};
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "x"}), {.environment = {{"HOLDFAST_NODES", servers.uris()}}})
                .status() == 0);
    REQUIRE(servers[0].text({"DEL", "holdfast:x"}) == "1");
    servers[2].kill();
    // Where -E makes an overlap a success, nothing that did not run may look like one.
    const Finished refused = finish(run_on(servers.uris(), {"-n", "-E", "0", "x", "true"}));
    CHECK(refused.status() == 69);
    CHECK(has(refused.err, "nobody has a quorum for x, and some nodes have no vote while others keep a lock that a run "
                           "left behind, until its TTL ends; the command was not run\n"));
    servers[2].start();
    CHECK(finish(run_on(servers.uris(), {"-n", "x", "true"})).status() == 0);
}

TEST_CASE("a TTL longer than the guard is refused at the door, where there is a guard") {
    RedisServers servers{3};
    const Finished refused = run_by_default(servers.uris(), {"--ttl", "2m", "x", "true"});
    CHECK(refused.status() == 64);
    CHECK(refused.err == "holdfast: --ttl 2m is longer than --restart-guard 1m, for which a restarted node has no "
                         "vote; make it shorter, or give every user of these nodes --restart-guard 2m\n");
    CHECK(run_by_default(servers[0].uri(), {"--ttl", "2m", "x", "true"}).status() == 0);
    CHECK(run_by_default(servers.uris(), {"--ttl", "2m", "--restart-guard", "off", "x", "true"}).status() == 0);
}

TEST_CASE("an even number of nodes gets a line, an odd one does not") {
    RedisServers servers{4};
    const Finished even = finish(run_on(servers.uris(), {"x", "true"}));
    CHECK(even.status() == 0);
    CHECK(even.err == "holdfast: 4 nodes survive 1 failure, just as 3 do; use 3 or 5\n");
    const std::string three = servers.uris().substr(0, servers.uris().rfind(','));
    CHECK(finish(run_on(three, {"x", "true"})).err.empty());
    CHECK(finish(run_on(servers.uris(), {"-q", "x", "true"})).err.empty());
}

TEST_CASE("one server under two names is a configuration error that has both names") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    RedisServer other;
    const std::string port = server.uri().substr(server.uri().rfind(':'));
    const std::string twice = "redis://localhost" + port;
    // Without the other one the second name is heard before anything is decided.
    other.pause();
    const Finished refused = finish(run_on(server.uri() + "," + other.uri() + "," + twice, {"x", "true"}));
    other.resume();
    CHECK(refused.status() == 78);
    CHECK(refused.err ==
          fmt::format("holdfast: {} and {} are the same server; every node has to be another one; the command was "
                      "not run\n",
                      server.uri(), twice));
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(eventually([&] { return other.text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("without scripts a lock is taken, waited for, renewed and taken away, by choice and where they are refused") {
    for (const bool by_choice : {true, false}) {
        CAPTURE(by_choice);
        RedisServers servers{3};
        for (size_t i = 0; i < 3 && !by_choice; ++i)
            servers[i].command({"ACL", "SETUSER", "default", "-eval", "-evalsha"});
        const auto call = [&](const std::string& command, std::vector<std::string> words) {
            words.insert(words.begin(), {command, "--node", servers.uris()});
            if (by_choice) words.insert(words.begin() + 1, "--no-scripts");
            return holdfast::test::holdfast(std::move(words));
        };
        Process holder{call("run", {"-v", "--ttl", "1s", "--grace", "100ms", "x", "-c", "echo started; cat"})};
        holder.wait_for_out("started");
        holder.wait_for_err("granted in ");
        holder.wait_for_err(", by transaction\n");
        // A transaction that nobody waited for is made up for by the first renewal.
        for (size_t i = 0; i < 3; ++i)
            REQUIRE(eventually([&] { return servers[i].text({"EXISTS", "holdfast:x"}) == "1"; }));
        Process waiter{call("run", {"x", "-c", "echo mine; cat"})};
        REQUIRE(eventually([&] { return servers[2].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
        CHECK(finish(call("run", {"-n", "x", "true"})).status() == 75);
        CHECK(finish(call("force-release", {"--yes", "x"})).status() == 0);
        waiter.wait_for_out("mine");
        CHECK(holder.wait().status() == 79);
        CHECK(finish(call("force-release", {"--yes", "x"})).status() == 0);
        CHECK(waiter.wait().status() == 79);
        for (size_t i = 0; i < 3; ++i) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
        if (by_choice) CHECK_FALSE(has(servers[0].text({"INFO", "commandstats"}), "cmdstat_eval"));
    }
}

TEST_CASE("by transaction a try that fails takes back also what a slow node grants afterwards") {
    RedisServers servers{3};
    for (size_t i = 0; i < 2; ++i)
        servers[i].command({"SET", "holdfast:x", "0123456789abcdef0123456789abcdef.1 {\"v\":1}", "PX", "60000"});
    std::deque<SlowPath> paths;
    std::string nodes;
    for (size_t i = 0; i < 3; ++i) {
        paths.emplace_back(servers[i].node(), 10ms);
        nodes += (i == 0 ? "" : ",") + paths.back().node().display();
    }
    // In about every third the other two refuse while a transaction of the last one is under way.
    // It is waited for a second.
    const std::vector<std::string> words{"-n", "--no-scripts", "--ttl", "1m", "--node-timeout", "10s", "x", "true"};
    for (int i = 0; i < 20; ++i) CHECK(finish(run_on(nodes, words)).status() == 75);
    CHECK(servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("more nodes than a process may have descriptors are told as that") {
    std::string nodes = "redis://127.0.0.1:1";
    for (int port = 2; port <= 60; ++port) nodes += fmt::format(",redis://127.0.0.1:{}", port);
    const Finished run = finish(run_on(nodes, {"-n", "x", "true"}), {.in_child = [] {
                                    const rlimit few{40, 40};
                                    ::setrlimit(RLIMIT_NOFILE, &few);
                                }});
    CHECK(has(run.err, "too many open files"));
}

} // namespace holdfast::test::nodes_test
