// A release that gets no answer, or a refusal, is tried again while there is time; and what is in its way is named.
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"
#include "support/script_text.hpp"

#include <doctest/doctest.h>

#include <atomic>

namespace holdfast::test::release_test {

using namespace std::chrono_literals;

namespace {

/// Holds x until it is told to let go.
Process holder(const std::string& nodes, std::vector<std::string> options = {}) {
    options.insert(options.end(), {"x", "-c", "echo started; read line"});
    Process run{run_on(nodes, options)};
    run.wait_for_out("started");
    return run;
}

bool is_release(const std::vector<Reply>& words) {
    return words.front().text == "DEL" || has(script_text(words), "'released'");
}

} // namespace

TEST_CASE("a release that gets no answer on an old connection is sent again over a new one") {
    const RedisServer real;
    for (const std::string way : {"--verbose", "--no-scripts"})
        for (const auto then : {Trick::Then::hangs, Trick::Then::closes}) {
            CAPTURE(way);
            CAPTURE(static_cast<int>(then));
            // As a balancer that has forgotten one connection, and serves another as before.
            std::atomic releases = 0;
            const HostileServer forgets{{.name = "forgets", .then = then}, real.node(), [&](const auto& words) {
                                            return is_release(words) && releases++ == 0;
                                        }};
            Process run = holder(forgets.uri(), {way, "--ttl", "20s", "--node-timeout", "900ms"});
            run.say("let go\n");
            const Finished done = run.wait();
            CAPTURE(done.err);
            CHECK(done.status() == 0);
            CHECK_FALSE(has(done.err, "too few nodes"));
            CHECK(releases > 1);
            CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
        }
}

TEST_CASE("a release that is refused for a while is tried again") {
    for (const char* way : {"--verbose", "--no-scripts"}) {
        CAPTURE(way);
        const RedisServer server;
        Process run = holder(server.uri(), {way, "--ttl", "20s"});
        server.command({"CONFIG", "SET", "min-replicas-to-write", "1"});
        server.command({"CONFIG", "RESETSTAT"});
        run.say("let go\n");
        REQUIRE(eventually([&] { return has(server.text({"INFO", "errorstats"}), "NOREPLICAS"); }));
        server.command({"CONFIG", "SET", "min-replicas-to-write", "0"});
        const Finished done = run.wait();
        CAPTURE(done.err);
        CHECK(done.status() == 0);
        CHECK_FALSE(has(done.err, "too few nodes"));
        CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("a release that stays refused ends in bounded time, and says why node by node") {
    RedisServers servers{3};
    Process run = holder(servers.uris(), {"--ttl", "20s"});
    servers[0].command({"CONFIG", "SET", "min-replicas-to-write", "1"});
    servers[1].pause();
    const BootTime begin = BootClock::now();
    run.say("let go\n");
    const Finished done = run.wait();
    CHECK(BootClock::now() - begin < 6s);
    servers[1].resume();
    CAPTURE(done.err);
    CHECK(done.status() == 0);
    CHECK(has(done.err, "too few nodes confirmed the release of x; it may stay held for up to 20s\n"));
    CHECK(has(done.err, "  " + servers[0].uri() + "  it says: NOREPLICAS"));
    CHECK(has(done.err, "  " + servers[1].uri() + "  no answer in 1s"));
    CHECK(has(done.err, "  " + servers[2].uri() + "  confirmed"));
}

TEST_CASE("what --min-hold leaves is tried again as well, and says why it is not kept") {
    const RedisServer server;
    for (const char* replicas : {"0", "1"}) {
        CAPTURE(replicas);
        Process run = holder(server.uri(), {"--ttl", "20s", "--min-hold", "1m"});
        server.command({"CONFIG", "SET", "min-replicas-to-write", "1"});
        server.command({"CONFIG", "RESETSTAT"});
        run.say("let go\n");
        REQUIRE(eventually([&] { return has(server.text({"INFO", "errorstats"}), "NOREPLICAS"); }));
        server.command({"CONFIG", "SET", "min-replicas-to-write", replicas});
        const Finished done = run.wait();
        CHECK(done.status() == 0);
        const bool stays_refused = std::string{replicas} == "1";
        CHECK(has(done.err, "it may be free sooner, or held until its TTL ends\n  " + server.uri() +
                                "  it says: NOREPLICAS") == stays_refused);
        if (!stays_refused) CHECK(std::stoll(server.text({"PTTL", "holdfast:x"})) > 40000);
        server.command({"CONFIG", "SET", "min-replicas-to-write", "0"});
        server.command({"DEL", "holdfast:x"});
    }
}

} // namespace holdfast::test::release_test
