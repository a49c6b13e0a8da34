// Nodes whose names are slow to look up.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

namespace holdfast::test::names_test {

using namespace std::chrono_literals;

namespace {

/// A host on which nobody answers for silent.invalid.
const ProcessOptions host{.environment = {{"LD_PRELOAD", HOLDFAST_SLOW_NAMES},
                                          {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                                          // With a thread that still runs, the end would take a second.
                                          {"TSAN_OPTIONS", "atexit_sleep_ms=0"}}};

/// On 127.0.0.2 nobody answers, not even the kernel: the queue of those who want to connect is full.
struct Deaf {
    Fd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::vector<Fd> clients{};

    explicit Deaf(uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
        address.sin_port = htons(port);
        auto* const where = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener.get(), where, sizeof address) == 0);
        REQUIRE(::listen(listener.get(), 0) == 0);
        for (int i = 0; i < 3; ++i) {
            clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(clients.back().get(), where, sizeof address);
        }
    }
};

} // namespace

TEST_CASE("a name server that hangs costs one node's vote and no time") {
    RedisServers servers{2};
    const std::string nodes = servers.uris() + ",redis://silent.invalid";
    const BootTime start = BootClock::now();
    for (int i = 0; i < 8; ++i) {
        const Finished run =
            finish(run_on(nodes, {"-v", "-n", "--ttl", "1m", "--node-timeout", "4s", "x", "echo", "done"}), host);
        CHECK(run.status() == 0);
        CHECK(run.out == "done\n");
        const size_t line = run.err.find("redis://silent.invalid:6379 ");
        REQUIRE(line != std::string::npos);
        CHECK(run.err.substr(0, run.err.find('\n', line)).ends_with("  not waited for: the others were enough"));
    }
    // More than a tenth of the node timeout would take four seconds of each attempt, or one of each release.
    CHECK(BootClock::now() - start < 8s);
    for (size_t i = 0; i < 2; ++i) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("where a name is all there is, the wait for it is bounded and the message says what is missing") {
    const BootTime start = BootClock::now();
    const Finished run = finish(run_on("redis://silent.invalid", {"-n", "x", "true"}), host);
    CHECK(run.status() == 69);
    CHECK(run.err == "holdfast: redis://silent.invalid:6379 cannot be used: its name is not resolved in 1s; the "
                     "command was not run\n");
    CHECK(BootClock::now() - start >= 1s);
}

TEST_CASE("where no thread can look a name up the message says so") {
    if (!can_leave_threads_no_room()) {
        MESSAGE("skipped: every thread can be started here");
        return;
    }
    const Finished run =
        finish(run_on("redis://silent.invalid", {"-n", "x", "true"}), {.in_child = leave_threads_no_room});
    CHECK(run.status() == 69);
    CHECK(run.err.find("its name cannot be looked up: ") != std::string::npos);
}

TEST_CASE("an address that does not answer leaves time for the others of its host") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    const Deaf deaf{server.node().port};
    const std::string node = fmt::format("redis://two.invalid:{}", server.node().port);
    const BootTime start = BootClock::now();
    const Finished run = finish(run_on(node, {"-n", "x", "echo", "done"}), host);
    CHECK(run.out == "done\n");
    CHECK(run.err.empty());
    // Half of the second in which a connection has to be there.
    CHECK(BootClock::now() - start >= 500ms);
}

TEST_CASE("a host that cannot be reached is looked up again, for it may have moved") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    const TempDir dir;
    ProcessOptions options = host;
    options.environment["MOVED_TO"] = dir.write("where", "127.0.0.3");
    Process run{run_on(fmt::format("redis://moved.invalid:{}", server.node().port), {"x", "echo", "done"}), options};
    run.wait_for_err("connection refused");
    dir.write("where", "127.0.0.1");
    CHECK(run.wait().out == "done\n");
}

TEST_CASE("a host where somebody else answers is looked up again, too") {
    const RedisServer server{{}, RedisServer::Listens::loopback};
    const std::string port = fmt::format("{}", server.port());
    const RedisServer replica{{"--bind", "127.0.0.3", "--port", port, "--replicaof", "127.0.0.1", port}};
    const TempDir dir;
    ProcessOptions options = host;
    options.environment["MOVED_TO"] = dir.write("where", "127.0.0.3");
    Process run{run_on("redis://moved.invalid:" + port, {"x", "echo", "done"}), options};
    run.wait_for_err("replica");
    dir.write("where", "127.0.0.1");
    CHECK(run.wait().out == "done\n");
}

TEST_CASE("a server that moves while a lock is held is found at its new address") {
    RedisServer server{{"--bind", "127.0.0.1", "127.0.0.3"}, RedisServer::Listens::loopback};
    const RedisServers others{2};
    const TempDir dir;
    ProcessOptions options = host;
    options.environment["MOVED_TO"] = dir.write("where", "127.0.0.3");
    const std::string nodes = fmt::format("{},redis://moved.invalid:{}", others.uris(), server.node().port);
    Process run{run_on(nodes, {"--ttl", "9s", "--grace", "100ms", "x", "-c", "echo started; read line"}), options};
    run.wait_for_out("started");
    REQUIRE(eventually([&] { return server.text({"EXISTS", "holdfast:x"}) == "1"; }));
    dir.write("where", "127.0.0.1");
    REQUIRE(server.text({"CONFIG", "SET", "bind", "127.0.0.1"}) == "OK");
    for (const char* type : {"normal", "pubsub"}) server.command({"CLIENT", "KILL", "TYPE", type});
    server.command({"DEL", "holdfast:x"});
    CHECK(eventually([&] { return server.text({"EXISTS", "holdfast:x"}) == "1"; }));
    run.say("\n");
    CHECK(run.wait().status() == 0);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("of a name's addresses each is tried until a master greets us") {
    const RedisServer master{{"--repl-diskless-sync-delay", "0"}, RedisServer::Listens::loopback};
    const std::string port = fmt::format("{}", master.port());
    // localhost is ::1 first, where a replica answers.
    const RedisServer replica{{"--bind", "::1", "--port", port, "--replicaof", "127.0.0.1", port}};
    CHECK(finish(run_on("redis://localhost:" + port, {"-n", "x", "echo", "in"})).out == "in\n");
}

TEST_CASE("a planned failover behind a name ends no command, and a waiter goes along") {
    const RedisServer master{{"--repl-diskless-sync-delay", "0"}, RedisServer::Listens::loopback};
    const std::string port = fmt::format("{}", master.port());
    const RedisServer replica{{"--bind", "127.0.0.3", "--port", port, "--replicaof", "127.0.0.1", port,
                               "--replica-announce-ip", "127.0.0.3"}};
    const auto ask_replica = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"redis-cli", "-h", "127.0.0.3", "-p", port});
        return finish(words).out;
    };
    REQUIRE(eventually([&] { return has(ask_replica({"INFO", "replication"}), "master_link_status:up"); }));
    const TempDir dir;
    ProcessOptions options = host;
    options.environment["MOVED_TO"] = dir.write("where", "127.0.0.1");
    const std::string node = "redis://moved.invalid:" + port;
    Process holder{run_on(node, {"--ttl", "6s", "--grace", "100ms", "x", "-c", "echo started; read line"}), options};
    holder.wait_for_out("started");
    Process waiter{run_on(node, {"-w", "30s", "x", "echo", "waited"}), options};
    REQUIRE(eventually([&] { return master.text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    REQUIRE(eventually([&] { return ask_replica({"EXISTS", "holdfast:x"}) == "1\n"; }));

    // The connections of both to the old master stay open.
    SUBCASE("by FAILOVER") { REQUIRE(master.text({"FAILOVER"}) == "OK"); }
    SUBCASE("by REPLICAOF") {
        REQUIRE(ask_replica({"REPLICAOF", "NO", "ONE"}) == "OK\n");
        REQUIRE(master.text({"REPLICAOF", "127.0.0.3", port}) == "OK");
    }
    REQUIRE(eventually([&] { return has(ask_replica({"INFO", "replication"}), "role:master"); }));
    dir.write("where", "127.0.0.3");
    // Renewed there: more of the TTL is left than there can be otherwise.
    std::this_thread::sleep_for(4s);
    CHECK(eventually([&] { return std::stoi(ask_replica({"PTTL", "holdfast:x"})) > 3000; }));
    REQUIRE(holder.running());
    holder.say("\n");
    CHECK(holder.wait().status() == 0);
    const BootTime released = BootClock::now();
    CHECK(waiter.wait().out == "waited\n");
    CHECK(BootClock::now() - released < 2s);
}

} // namespace holdfast::test::names_test
