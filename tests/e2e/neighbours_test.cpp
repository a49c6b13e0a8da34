// Other clients that lock the same names: they and holdfast exclude each other.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::neighbours_test {

using namespace std::chrono_literals;

namespace {

Finished call(const std::string& command, const RedisServer& server, std::vector<std::string> words) {
    words.insert(words.begin(), {command, "--node", server.uri(), "--key-prefix", ""});
    return finish(holdfast::test::holdfast(std::move(words)));
}

/// redis-py's Lock on that name: says "got" or "refused", and lets go for a line of input.
Process redis_py(const RedisServer& server) {
    const std::string script = "import redis, sys\n"
                               "lock = redis.Redis(unix_socket_path=sys.argv[1]).lock('x', timeout=60)\n"
                               "got = lock.acquire(blocking=False)\n"
                               "print('got' if got else 'refused', flush=True)\n"
                               "if got:\n"
                               "    sys.stdin.readline()\n"
                               "    lock.release()\n"
                               "    print('gone', flush=True)\n";
    // The distribution's own, which has the package.
    return Process{{"/usr/bin/python3", "-c", script, server.node().socket_path}};
}

/// When the only waiter has looked.
std::string last_look(const RedisServer& server) {
    return server.text({"EVAL", "return redis.call('ZRANGE', 'x:{x}:seen', 0, 0, 'WITHSCORES')[2]", "0"});
}

/// How long after its holder's end a waiter has the lock that `let_go` frees, from just after one of its looks.
nanoseconds handed_over_in(const RedisServer& server, const std::function<void()>& let_go) {
    Process waiter{
        holdfast::test::holdfast({"run", "--node", server.uri(), "--key-prefix", "", "x", "--", "echo", "started"})};
    REQUIRE(eventually([&] { return server.text({"ZCARD", "x:{x}:queue"}) == "1"; }));
    const std::string before = last_look(server);
    REQUIRE(eventually([&] { return last_look(server) != before; }));
    let_go();
    const BootTime gone = BootClock::now();
    waiter.wait_for_out("started");
    CHECK(waiter.wait().status() == 0);
    return BootClock::now() - gone;
}

} // namespace

TEST_CASE("redis-py's Lock and holdfast exclude each other on the same name, both ways") {
    RedisServer server;
    const char* const kinds[] = {"--exclusive", "--shared", "--slots=2"};
    Process theirs = redis_py(server);
    theirs.wait_for_out("got");
    for (const char* kind : kinds) CHECK(call("run", server, {"-n", kind, "x", "true"}).status() == 75);
    const std::string status = call("status", server, {"x"}).out;
    CHECK(status.starts_with("x is held by a client that is not holdfast; it expires in 5"));
    CHECK(status.ends_with("s unless renewed\n"));
    theirs.say("let go\n");
    CHECK(theirs.wait().status() == 0);

    for (const char* kind : kinds) {
        CAPTURE(kind);
        Process ours{holdfast::test::holdfast(
            {"run", "--node", server.uri(), "--key-prefix", "", kind, "x", "-c", "echo started; read line"})};
        ours.wait_for_out("started");
        CHECK(redis_py(server).wait().out == "refused\n");
        ours.say("let go\n");
        CHECK(ours.wait().status() == 0);
    }
    Process again = redis_py(server);
    again.wait_for_out("got");
    again.say("let go\n");
    CHECK(again.wait().out == "got\ngone\n");
}

TEST_CASE("a plain SET NX PX with a random value and holdfast exclude each other, both ways") {
    RedisServer server;
    const auto set = [&] { return server.text({"SET", "x", "550e8400", "NX", "PX", "7230000"}); };
    REQUIRE(set() == "OK");
    CHECK(call("run", server, {"-n", "x", "true"}).status() == 75);
    CHECK(call("status", server, {"x"}).out ==
          "x is held by a client that is not holdfast; it expires in 2h unless renewed\n");
    server.command({"DEL", "x"});
    Process ours{holdfast::test::holdfast(
        {"run", "--node", server.uri(), "--key-prefix", "", "x", "-c", "echo started; read line"})};
    ours.wait_for_out("started");
    CHECK(set() == "(nil)");
    ours.say("let go\n");
    CHECK(ours.wait().status() == 0);
    CHECK(set() == "OK");
}

TEST_CASE("who waits behind a holder that tells nobody has the lock soon after its end") {
    RedisServer server;
    const auto after = [&](std::initializer_list<std::string_view> end) {
        server.command({"SET", "x", "550e8400", "NX", "PX", "60000"});
        return handed_over_in(server, [&] { server.command(end); });
    };
    // Without polling it would take a second.
    CHECK(quickest(300ms, [&] { return after({"DEL", "x"}); }) < 300ms);
    CHECK(quickest(800ms, [&] { return after({"PEXPIRE", "x", "1"}); }) < 800ms);
}

} // namespace holdfast::test::neighbours_test
