// Scripts go out by their digests: the servers are asked with few bytes, and may forget the scripts at any time.
#include "support/cluster.hpp"
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace holdfast::test::digests_test {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

namespace {

constexpr auto loopback = RedisServer::Listens::loopback;

/// How often the server was asked for that command, since it was told to count anew.
int64_t calls(const RedisServer& server, const std::string& command) {
    const std::string all = server.text({"INFO", "commandstats"});
    const std::string counter = "cmdstat_" + command + ":calls=";
    const size_t at = all.find(counter);
    return at == std::string::npos ? 0 : std::stoll(all.substr(at + counter.size()));
}

/// How many bytes the server reads while a run takes a lock for so many seconds and lets go.
int64_t bytes_of_a_run(const RedisServer& server, const Words& options, const std::string& held) {
    const auto read = [&] {
        const std::string stats = server.text({"INFO", "stats"});
        const std::string counter = "total_net_input_bytes:";
        return std::stoll(stats.substr(stats.find(counter) + counter.size()));
    };
    Words words{"--history", "off", "--ttl", "1s", "--grace", "100ms", "x", "sleep", held};
    words.insert(words.begin(), options.begin(), options.end());
    const int64_t before = read();
    const int64_t between = read() - before;
    CHECK(finish(run_on(server.uri(), words)).status() == 0);
    return read() - before - 2 * between;
}

void forget_scripts(RedisServers& servers) {
    for (size_t i = 0; i < servers.size(); ++i) REQUIRE(servers[i].text({"SCRIPT", "FLUSH"}) == "OK");
}

} // namespace

TEST_CASE("a server is told a script's text once, and from then on a run is asked for in few bytes") {
    for (const Words& kind : {Words{}, Words{"--shared"}, Words{"--slots", "2"}}) {
        CAPTURE(fmt::format("{}", fmt::join(kind, " ")));
        const RedisServer server;
        // With a renewal, whose script the next run needs if it is held up before its go.
        CHECK(bytes_of_a_run(server, kind, "0.5") > 4000);
        server.command({"CONFIG", "RESETSTAT"});
        CHECK(bytes_of_a_run(server, kind, "0") < 2500);
        CHECK(calls(server, "eval") == 0);
        CHECK(calls(server, "evalsha") >= 2);
    }
}

TEST_CASE("servers that forget all scripts under a run still renew the lock, hand it on and let it go") {
    for (const size_t n : {1U, 3U})
        for (const Words& kind : {Words{}, Words{"--shared"}, Words{"--slots", "1"}}) {
            CAPTURE(n);
            CAPTURE(fmt::format("{}", fmt::join(kind, " ")));
            RedisServers servers{n};
            const auto run = [&](Words words) {
                words.insert(words.begin(), kind.begin(), kind.end());
                return run_on(servers.uris(), words);
            };
            Process holder{run({"--ttl", "1s", "--grace", "100ms", "x", "-c", "echo started; read line"})};
            holder.wait_for_out("started");
            Process waiter{run_on(servers.uris(), {"x", "echo", "waited"})};
            waiter.wait_for_err("waiting");
            // Two renewals and more between one time and the next.
            for (int i = 0; i < 3; ++i) {
                forget_scripts(servers);
                std::this_thread::sleep_for(800ms);
            }
            CHECK(holder.running());
            forget_scripts(servers);
            holder.say("\n");
            waiter.wait_for_out("waited");
            const Finished ended = holder.wait();
            CHECK(ended.status() == 0);
            // A busy machine may have kept it waiting for a first answer.
            const bool waited = ended.err.starts_with("holdfast: waiting");
            CHECK(ended.err.substr(waited ? ended.err.find('\n') + 1 : 0) == "");
            CHECK(waiter.wait().status() == 0);
            for (size_t i = 0; i < n; ++i) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
        }
}

TEST_CASE("a lock whose hash slot has moved to a server that knows no scripts is renewed, handed on and released") {
    constexpr const char* key = "holdfast:x";
    Cluster cluster{3};
    const size_t from = cluster.first_owner(key);
    RedisServer& source = cluster[from];
    RedisServer& target = cluster[(from + 1) % 3];
    // The server from which it moves knows them.
    REQUIRE(finish(run_on(cluster.uri(), {"--ttl", "1s", "--grace", "100ms", "x", "sleep", "1"})).status() == 0);
    Process holder{run_on(cluster.uri(), {"--ttl", "3s", "--grace", "100ms", "x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    Process waiter{run_on(cluster.uri(), {"x", "echo", "waited"})};
    waiter.wait_for_err("waiting");
    const std::string slot = source.text({"CLUSTER", "KEYSLOT", key});
    const std::string port = fmt::format("{}", target.port());
    REQUIRE(target.text({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.id(from)}) == "OK");
    REQUIRE(source.text({"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.id((from + 1) % 3)}) == "OK");
    // Until none is left: the waiter may enter the queue anew.
    for (Reply keys; !(keys = source.command({"CLUSTER", "GETKEYSINSLOT", slot, "100"})).items.empty();)
        for (const Reply& one : keys.items) source.command({"MIGRATE", "127.0.0.1", port, one.text, "0", "1000"});
    for (RedisServer* server : {&target, &source})
        REQUIRE(server->text({"CLUSTER", "SETSLOT", slot, "NODE", cluster.id((from + 1) % 3)}) == "OK");
    REQUIRE(eventually([&] { return calls(target, "evalsha") > 0 && calls(target, "eval") > 1; }));
    target.command({"SCRIPT", "FLUSH"});
    // Longer than the TTL.
    std::this_thread::sleep_for(4s);
    CHECK(holder.running());
    target.command({"SCRIPT", "FLUSH"});
    holder.say("\n");
    waiter.wait_for_out("waited");
    const Finished ended = holder.wait();
    CHECK(ended.status() == 0);
    CHECK(ended.err == "");
    CHECK(waiter.wait().status() == 0);
    CHECK(target.text({"EXISTS", key}) == "0");
}

TEST_CASE("servers that know no scripts grant a lock all, though a quorum is enough and one of them is slow") {
    RedisServers servers{3};
    for (size_t slow = 0; slow < servers.size(); ++slow) {
        forget_scripts(servers);
        // Up to 100 ms longer, as a server wakes its clients ten times a second.
        servers[slow].command({"CLIENT", "PAUSE", "50"});
        const Words words{"acquire", "-n", "--ttl", "1m", "--node-timeout", "9s", "--node", servers.uris(), "x"};
        REQUIRE(finish(holdfast(words)).status() == 0);
        for (size_t i = 0; i < servers.size(); ++i) {
            CHECK(eventually([&] { return servers[i].text({"EXISTS", "holdfast:x"}) == "1"; }, 2s));
            servers[i].command({"FLUSHALL"});
        }
    }
}

TEST_CASE("a user that may EVAL and not EVALSHA is served by texts alone, after one refusal a run") {
    for (const Words& kind : {Words{}, Words{"--shared"}}) {
        CAPTURE(fmt::format("{}", fmt::join(kind, " ")));
        RedisServer server;
        server.command({"ACL", "SETUSER", "default", "-evalsha"});
        Words words{"-v", "--ttl", "1s", "--grace", "100ms", "x", "-c", "sleep 2"};
        words.insert(words.begin(), kind.begin(), kind.end());
        const Finished done = finish(run_on(server.uri(), words));
        CHECK(done.status() == 0);
        CHECK_FALSE(has(done.err, "by transaction"));
        CHECK(calls(server, "eval") > 4);
        CHECK(has(server.text({"INFO", "commandstats"}), "cmdstat_evalsha:calls=0,usec=0,usec_per_call=0.00,"
                                                         "rejected_calls=1,"));
        CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("a server that refuses digests in other words gets the text, and one that will do so for a while does not") {
    const auto evalsha = [](const std::vector<Reply>& words) { return words.front().text == "EVALSHA"; };
    const auto try_through = [&](const RedisServer& real, const std::string& says) {
        const HostileServer server{
            {.name = says, .says = "-" + says + "\r\n", .only_then = true}, real.node(), evalsha};
        return finish(run_on(server.uri(), {"-n", "x", "echo", "ran"}));
    };
    for (const char* words : {"ERR unknown command `EVALSHA`, with args beginning with: ", "NOSCRIPT", "ERR no", "no",
                              "NOPERM this user has no permissions to run the 'evalsha' command"}) {
        CAPTURE(words);
        const RedisServer real;
        CHECK(try_through(real, words).out == "ran\n");
        CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
    }
    for (const char* words : {"BUSY Redis is busy running a script.", "LOADING its data", "TRYAGAIN in a while",
                              "CLUSTERDOWN it is", "MASTERDOWN it is", "READONLY it is", "OOM command not allowed"}) {
        CAPTURE(words);
        const RedisServer real;
        CHECK(try_through(real, words).status() == 69);
        CHECK(calls(real, "eval") + calls(real, "multi") == 0);
    }
}

TEST_CASE("a try that fails takes back also what a slow server grants afterwards that knows no scripts") {
    RedisServers servers{3};
    for (size_t i = 0; i < 2; ++i)
        servers[i].command({"SET", "holdfast:x", "0123456789abcdef0123456789abcdef.1 {\"v\":1}", "PX", "60000"});
    // It knows the script that takes a lock, and not the one that lets go.
    REQUIRE(finish(holdfast({"acquire", "-n", "--node", servers[2].uri(), "x"})).status() == 0);
    servers[2].command({"DEL", "holdfast:x"});
    servers[2].pause();
    CHECK(finish(run_on(servers.uris(), {"-n", "--ttl", "1m", "--node-timeout", "300ms", "x", "true"})).status() == 75);
    servers[2].resume();
    REQUIRE(eventually([&] { return calls(servers[2], "eval") > 1; }));
    CHECK(servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

} // namespace holdfast::test::digests_test
