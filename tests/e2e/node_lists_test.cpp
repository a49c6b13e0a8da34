// Lists of nodes that are wrong: one server under two names, and clients that name another number of nodes.
#include "support/holdfast.hpp"
#include "support/strace.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::node_lists_test {

using namespace std::chrono_literals;

namespace {

/// A server by its names, beside others.
struct Names {
    TempDir dir;
    RedisServer twin{{"--unixsocket", dir.file("sock"), "--bind", "127.0.0.1", "127.0.0.2"},
                     RedisServer::Listens::loopback};
    RedisServers others{3};

    std::string name(const std::string& host) const { return fmt::format("redis://{}:{}", host, twin.port()); }
    std::string socket() const { return "unix://" + dir.file("sock"); }
};

/// Names and connections have a second.
const std::vector<std::string> patient{"-n", "--ttl", "1m", "--node-timeout", "10s", "x", "--", "echo", "ran"};

Finished try_to_run(const std::string& nodes) { return finish(run_on(nodes, patient)); }

} // namespace

TEST_CASE("one server under two names is refused each time, in whatever order the nodes answer") {
    Names names;
    for (const auto& [one, other] : {std::pair{names.name("127.0.0.1"), names.name("localhost")},
                                     {names.name("localhost"), names.socket()},
                                     {names.name("127.0.0.2"), names.name("127.0.0.1")}})
        for (const std::string& nodes :
             {one + "," + other + "," + names.others[0].uri(), one + "," + names.others[0].uri() + "," + other,
              names.others[0].uri() + "," + one + "," + names.others[1].uri() + "," + names.others[2].uri() + "," +
                  other})
            for (int i = 0; i < 10; ++i) {
                const Finished done = try_to_run(nodes);
                CAPTURE(nodes);
                CAPTURE(done.err);
                CHECK(done.status() == 78);
                CHECK(has(done.err, one + " and " + other + " are the same server"));
                CHECK(done.out.empty());
            }
    for (RedisServer* server : {&names.twin, &names.others[0], &names.others[1], &names.others[2]})
        CHECK(eventually([&] { return server->text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("one server under two names is refused also when it takes long to look one of them up") {
    if (const std::string why = untraceable(); !why.empty()) {
        MESSAGE("skipped: ", why);
        return;
    }
    Names names;
    const std::string nodes = names.name("LOCALHOST") + "," + names.name("127.0.0.1") + "," + names.others[0].uri();
    const auto slow = [&](std::chrono::milliseconds look_up) {
        return finish(held_up(look_up, run_on(nodes, patient), names.dir.file("trace"), "/etc/hosts"));
    };
    CHECK(slow(300ms).status() == 78);
    // But it is not waited for at any price.
    CHECK(slow(3s).out == "ran\n");
}

TEST_CASE("to find one server under two names no time is spent on nodes that hang") {
    RedisServers servers{5};
    // They know the scripts from here on.
    REQUIRE(try_to_run(servers.uris()).status() == 0);
    for (const size_t hung : {1, 3}) servers[hung].pause();
    for (int i = 0; i < 5; ++i) {
        // The release would wait for them no longer than for one that never answered.
        const BootTime begin = BootClock::now();
        const Finished done = try_to_run(servers.uris());
        CHECK(BootClock::now() - begin < 1s);
        CHECK(done.status() == 0);
    }
    for (const size_t hung : {1, 3}) servers[hung].resume();
    // Nor is it where two addresses may be those of one server: what three nodes granted at once stays granted.
    Names names;
    names.twin.pause();
    const Finished done =
        finish(run_on(fmt::format("{},{},{}", names.others.uris(), names.name("127.0.0.1"), names.name("127.0.0.2")),
                      {"-w300ms", "x", "--", "echo", "ran"}));
    names.twin.resume();
    CHECK(done.out == "ran\n");
}

TEST_CASE("who meets a holder over another number of nodes ends with both numbers, also when it would have won") {
    RedisServers servers{5};
    const std::string three = servers[0].uri() + "," + servers[1].uri() + "," + servers[2].uri();
    Process holder{run_on(three, {"x", "-c", "echo started; cat"})};
    holder.wait_for_out("started");
    servers[2].command({"DEL", "holdfast:x"}); // now three of five are free
    for (const char* patience : {"-n", "-w1h"}) {
        CAPTURE(patience);
        const Finished done = finish(run_on(servers.uris(), {patience, "x", "--", "echo", "ran"}));
        CAPTURE(done.err);
        CHECK(done.status() == 78);
        CHECK(done.out.empty());
        CHECK(has(done.err, "x is held by sh ("));
        CHECK(has(done.err, " over 3 nodes, and here are 5; every user of a lock has to name all of its nodes"));
        for (const size_t node : {3, 4}) CHECK(servers[node].text({"EXISTS", "holdfast:x"}) == "0");
    }
    // An earlier version says no number.
    servers[0].command({"SET", "holdfast:y", "0123456789abcdef0123456789abcdef.1 {\"v\":1,\"label\":\"old\"}"});
    servers[0].command({"PEXPIRE", "holdfast:y", "60000"});
    CHECK(finish(run_on(servers.uris(), {"-n", "y", "--", "true"})).status() == 0);
}

TEST_CASE("--min-hold is no longer than --restart-guard over three nodes, and then it is kept") {
    RedisServers servers{3};
    const auto run = [&](const std::string& nodes, const char* guard, const char* name = "nightly") {
        return finish(run_on(
            nodes, {"-q", "-n", "-E", "0", "--min-hold", "10m", "--restart-guard", guard, name, "--", "echo", "ran"}));
    };
    const Finished refused = run(servers.uris(), "1m");
    CHECK(refused.status() == 64);
    CHECK(has(refused.err, "--min-hold 10m is longer than --restart-guard 1m, for which a restarted node has no vote; "
                           "make it shorter, or give every user of these nodes --restart-guard 10m"));
    std::string durable;
    for (size_t i = 0; i < 3; ++i) durable += servers[i].uri() + "?durable=yes,";
    CHECK(run(durable, "10m").out == "ran\n");
    const Finished late = run(durable, "10m");
    CHECK(late.status() == 0);
    CHECK(late.out.empty());
    CHECK(std::stoll(servers[0].text({"PTTL", "holdfast:nightly"})) > 590'000);
    // One node has no guard.
    CHECK(run(servers[0].uri(), "1m", "another").status() == 0);
}

} // namespace holdfast::test::node_lists_test
