// What a try was granted that has failed, or that was refused, is no lock of anybody's afterwards.
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::taken_back_test {

using namespace std::chrono_literals;

namespace {

Finished try_to_run(const std::string& nodes) { return finish(run_on(nodes, {"-n", "x", "--", "true"})); }

bool hello(const std::vector<Reply>& words) { return words.front().text == "HELLO"; }

} // namespace

TEST_CASE("what a server has granted whose greeting refuses us is taken back") {
    for (const char* refusal : {"-ERR unsupported command 'HELLO'\r\n", "%1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n"}) {
        CAPTURE(refusal);
        const RedisServer real;
        const HostileServer refuses{{.name = "refuses HELLO", .says = refusal, .only_then = true}, real.node(), hello};
        for (int i = 0; i < 20; ++i) {
            // The scripts were allowed, and granted it.
            real.command({"CONFIG", "RESETSTAT"});
            const Finished done = try_to_run(refuses.uri());
            CAPTURE(done.err);
            CHECK(done.status() == 69);
            CHECK(real.text({"INFO", "commandstats"}).find("cmdstat_eval") != std::string::npos);
            CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
        }
    }
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
