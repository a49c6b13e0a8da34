// What a try was granted that has failed, or that was refused, is no lock of anybody's afterwards.
#include "support/can_trace.hpp"
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"

#include <doctest/doctest.h>

#include <csignal>

namespace holdfast::test::taken_back_test {

using namespace std::chrono_literals;

namespace {

Finished try_to_run(const std::string& nodes) { return finish(run_on(nodes, {"-n", "x", "--", "true"})); }

bool hello(const std::vector<Reply>& words) { return words.front().text == "HELLO"; }

} // namespace

TEST_CASE("what a server has granted whose greeting refuses us is taken back") {
    for (const char* refusal : {"-LOADING its data\r\n", "%1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n"}) {
        CAPTURE(refusal);
        const RedisServer real;
        // It knows the scripts from here on.
        REQUIRE(try_to_run(real.uri()).status() == 0);
        const HostileServer refuses{{.name = "refuses HELLO", .says = refusal, .only_then = true}, real.node(), hello};
        for (int i = 0; i < 20; ++i) {
            // The scripts were allowed, and granted it.
            real.command({"CONFIG", "RESETSTAT"});
            const Finished done = try_to_run(refuses.uri());
            CAPTURE(done.err);
            CHECK(done.status() == 69);
            CHECK(real.text({"INFO", "commandstats"}).find("cmdstat_evalsha") != std::string::npos);
            CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
        }
    }
}

TEST_CASE("what a server has granted that answers later is taken back") {
    if (!can_trace()) return;
    RedisServers servers{3};
    for (size_t i = 0; i < 2; ++i)
        servers[i].command({"SET", "holdfast:x", "0123456789abcdef0123456789abcdef.1 {\"v\":1}", "PX", "60000"});
    // What it has to say is said, and written later: when the other two have refused. A server that cannot write to who
    // has gone does not read on (findings/a-last-word-over-a-unix-socket-is-lost.sh).
    Process slow{{"strace", "-f", "-o", "/dev/null", "-e", "inject=write,writev:delay_enter=20000", "-p",
                  std::to_string(servers[2].pid())}};
    slow.wait_for_err(" attached");
    // It is waited for a second.
    CHECK(finish(run_on(servers.uris(), {"-n", "--ttl", "1m", "--node-timeout", "10s", "x", "true"})).status() == 75);
    slow.signal(SIGTERM);
    slow.wait();
    CHECK(servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a lock that was granted with a fence number that makes no sense is taken back") {
    for (const char* way : {"--quiet", "--no-scripts"}) {
        CAPTURE(way);
        const RedisServer server;
        server.command({"SET", "holdfast:x:{holdfast:x}:fence", "9000000000000001"});
        const Finished done = finish(run_on(server.uri(), {way, "-n", "x", "--", "true"}));
        CHECK(done.status() == 69);
        CHECK(done.err.find("the lock's fence number there makes no sense") != std::string::npos);
        CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

} // namespace holdfast::test::taken_back_test
