// Nodes whose names are slow to look up.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>

#include <regex>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// A host on which nobody answers for silent.invalid.
const ProcessOptions host{
    .environment = {{"LD_PRELOAD", HOLDFAST_SLOW_NAMES}, {"ASAN_OPTIONS", "verify_asan_link_order=0"}}};

} // namespace

TEST_CASE("a name server that hangs costs one node's vote and no time") {
    RedisServers servers{2};
    const std::string nodes = servers.uris() + ",redis://silent.invalid";
    const BootTime start = BootClock::now();
    const Finished run =
        finish(run_on(nodes, {"-v", "-n", "--ttl", "1m", "--node-timeout", "10s", "x", "echo", "done"}), host);
    CHECK(run.status() == 0);
    CHECK(run.out == "done\n");
    CHECK(std::regex_search(run.err, std::regex{"redis://silent.invalid:6379 +no answer yet\n"}));
    // Waiting for the name, in the attempt or in the release, would take ten seconds.
    CHECK(BootClock::now() - start < 8s);
    for (size_t i = 0; i < 2; ++i) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("where a name is all there is, the wait for it is bounded and the message says what is missing") {
    const BootTime start = BootClock::now();
    const Finished run = finish(run_on("redis://silent.invalid", {"-n", "x", "true"}), host);
    CHECK(run.status() == 69);
    CHECK(run.err == "holdfast: redis://silent.invalid:6379 cannot be used: its name is not resolved in 1s\n");
    CHECK(BootClock::now() - start >= 1s);
}
