// What people see when something is wrong, and the commands that look at locks.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace holdfast::test::messages_test {

namespace {

Finished call(std::vector<std::string> words, ProcessOptions options = {}) {
    options.environment.emplace("HOLDFAST_NODES", "");
    return finish(holdfast::test::holdfast(std::move(words)), std::move(options));
}

void check(const Finished& finished, int status, const std::string& err) {
    CHECK(finished.status() == status);
    CHECK(finished.err == "holdfast: " + err + "\n");
    CHECK(finished.out.empty());
}

std::string one_key(const std::string& name) { return "holdfast:" + name; }

} // namespace

TEST_CASE("no nodes is an error that says how to give them") {
    check(call({"run", "x", "true"}), 78,
          "no nodes configured; give --node redis://HOST:PORT (or export HOLDFAST_NODES, or set nodes in /dev/null, "
          "which "
          "has none), or --node local: for a lock on "
          "this "
          "machine alone");
    CHECK(call({"status", "x"}).status() == 78);
    CHECK(call({"list"}).status() == 78);
    CHECK(call({"force-release", "--yes", "x"}).status() == 78);
}

TEST_CASE("a bad node, duration, name or option names what is wrong and what would be right") {
    check(call({"run", "--node", "http://h", "x", "true"}), 78,
          "node 1 of the list cannot be used: 'http://' is not a kind of address; write redis://HOST");
    check(call({"run", "--node", "h,redis://joe:geheim@", "x", "true"}), 78,
          "node 2 of the list cannot be used: the host is missing, as in redis://10.0.0.1:6379; a socket is "
          "unix:///PATH");
    check(call({"run", "--node", "local:0", "x", "true"}), 78,
          "'local:0' is not a local node; write local: or local:N with N from 1 to 9");
    check(call({"run", "--node", "h,redis://h:6379", "x", "true"}), 78,
          "redis://h:6379 is configured twice; every node has to be another server");
    check(call({"run", "--node", "h", "--ttl", "5x", "x", "true"}), 64,
          "--ttl '5x' is not a duration of at most 365d, as in 500ms, 30s, 5m, 1h30m");
    check(call({"run", "--node", "h", "--ttl", "10ms", "x", "true"}), 64,
          "--ttl 10ms is too short; the shortest is 1s, and run renews the lock for as long as its command runs");
    check(call({"run", "--node", "h", "a b", "true"}), 64,
          "'a b' cannot name a lock; a name has printable characters without spaces and braces");
    check(call({"run", "--node", "h", "--key-prefix", "{", "x", "true"}), 64,
          "--key-prefix '{' is not free of spaces, braces and control characters");
    check(call({"run", "--node", "h", "--tll", "5s", "x", "true"}), 64,
          "'--tll' is not an option of holdfast run (did you mean '--ttl'?); see holdfast run --help\n"
          "  --ttl DURATION  how long the lock outlives a holder that vanished (30s)");
    check(call({"run", "--node", "h", "x"}), 64,
          "no command behind the lock's name 'x'; as in: holdfast run x -- COMMAND");
    CHECK(call({}, {.environment = {{"HOLDFAST_TTL", "soon"}}}).status() == 64);
    check(call({"run", "--node", "h", "x", "true"}, {.environment = {{"HOLDFAST_TTL", "soon"}}}), 78,
          "HOLDFAST_TTL 'soon' is not a duration of at most 365d, as in 500ms, 30s, 5m, 1h30m; run renews the lock for "
          "as long as its command runs");
}

TEST_CASE("who waits for nodes that cannot be used reads where they were given") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    server.kill();
    const TempDir dir;
    const std::string file = dir.write("config.toml", fmt::format("ttl = '9s'\nnodes = ['{}']\n", server.uri()));
    const Finished gave_up = call({"run", "--config", file, "-w", "300ms", "x", "true"});
    const std::string cause = server.uri() +
                              " cannot be used: connection refused (is the server running, and is this "
                              "its port?); the nodes come from " +
                              file + ":2: nodes";
    CHECK(has(gave_up.err, "waiting for up to 300ms, trying again and again: " + cause + "\n"));
    CHECK(has(gave_up.err, cause + "; gave up after 300ms (-w), the command was not run\n"));
}

TEST_CASE("a node that is down is named with the reason") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    server.kill();
    const std::string refused = " cannot be used: connection refused (is the server running, and is this its port?)";
    check(call({"run", "-n", "--node", server.uri(), "x", "true"}), 69,
          server.uri() + refused + "; the command was not run");
    check(call({"run", "-n", "x", "true"}, {.environment = {{"HOLDFAST_NODES", server.uri()}}}), 69,
          server.uri() + refused + "; the nodes come from HOLDFAST_NODES; the command was not run");
    check(call({"status", "--node", server.uri(), "x"}), 69, server.uri() + refused);
    check(call({"list", "--node", server.uri()}), 69, server.uri() + refused);
    check(call({"force-release", "--yes", "--node", server.uri(), "x"}), 69, server.uri() + refused);
}

TEST_CASE("a quorum out of reach is counted, with a line a node") {
    RedisServers servers{3};
    servers[1].kill();
    servers[2].kill();
    const Finished run = call({"run", "-n", "--node", servers.uris(), "x", "true"});
    CHECK(run.status() == 69);
    CHECK(run.err.starts_with(
        fmt::format("holdfast: only 1 of 3 nodes answered, 2 are needed; the command was not run\n  {}  answered in ",
                    servers[0].uri())));
    CHECK(run.err.ends_with(
        fmt::format("  {}  connection refused\n  {}  connection refused\n", servers[1].uri(), servers[2].uri())));
    CHECK(call({"status", "--node", servers.uris(), "x"}).status() == 69);
}

TEST_CASE("a key that is no lock is named, and left alone") {
    RedisServer server;
    server.command({"LPUSH", one_key("x"), "precious"});
    const std::string sentence =
        "the key holdfast:x exists and is not a lock that ends: it has another type, or no expiry, as a lock of "
        "redis-py without a timeout; choose another name, or, if nobody needs it, delete it there with DEL";
    check(call({"run", "--node", server.uri(), "x", "true"}), 76, sentence + "; the command was not run");
    check(call({"status", "--node", server.uri(), "x"}), 76, sentence);
    check(call({"force-release", "--yes", "--node", server.uri(), "x"}), 76, sentence);
    CHECK(server.text({"LLEN", one_key("x")}) == "1");
    server.command({"SET", one_key("y"), "no ttl"});
    CHECK(call({"run", "--node", server.uri(), "y", "true"}).status() == 76);
    CHECK(call({"force-release", "--yes", "--node", server.uri(), "y"}).status() == 76);
    CHECK(server.text({"GET", one_key("y")}) == "no ttl");
}

TEST_CASE("a wrong password is said and never shown") {
    RedisServer server{{"--requirepass", "geheim"}, RedisServer::Listens::loopback};
    const std::string address = server.uri().substr(8);
    check(call({"run", "--node", "redis://:falsch@" + address, "x", "true"}), 77,
          server.uri() +
              " cannot be used: it does not let user 'default' in with the password from the node's URI or else "
              "from HOLDFAST_PASSWORD or --password-file; another user stands in its address: redis://USER:@HOST; the "
              "command was not run");
    check(call({"run", "--node", server.uri(), "x", "true"}), 77,
          server.uri() + " cannot be used: it asks for a password and none was given; HOLDFAST_PASSWORD or "
                         "--password-file takes one; the "
                         "command was not run");
    for (const std::string command : {"status", "renew", "release", "verify", "force-release", "list", "doctor"}) {
        CAPTURE(command);
        std::vector<std::string> words{command, "--node", "redis://:falsch@" + address};
        if (command != "list" && command != "doctor") words.emplace_back("x");
        if (command == "force-release") words.emplace_back("--yes");
        if (command.starts_with("re") || command == "verify") words.insert(words.end(), {"--token", "ab.1"});
        const Finished done = call(words);
        CHECK(done.status() == 69);
        CHECK((done.out + done.err).find("does not let user 'default' in") != std::string::npos);
        CHECK((done.out + done.err).find("falsch") == std::string::npos);
    }
    CHECK(call({"acquire", "--node", "redis://:falsch@" + address, "x"}).status() == 77);
    CHECK(call({"run", "--node", "redis://:geheim@" + address, "x", "true"}).status() == 0);
    CHECK(call({"run", "--node", server.uri(), "x", "true"}, {.environment = {{"HOLDFAST_PASSWORD", "geheim"}}})
              .status() == 0);
}

TEST_CASE("a server that repeats our words does not make us show the password") {
    RedisServer server{{"--rename-command", "HELLO", "", "--rename-command", "AUTH", "", "--requirepass", "geheim"}};
    check(call({"run", "-n", "--node", server.uri(), "x", "true"}, {.environment = {{"HOLDFAST_PASSWORD", "geheim"}}}),
          77, server.uri() + " cannot be used: it refuses our password: ERR; the command was not run");
    // A comma that nobody encoded cuts the list in the middle of the password.
    CHECK(call({"run", "--node", "redis://u:gehe,im@h:1", "x", "true"}).err.find("gehe") == std::string::npos);
}

TEST_CASE("a holder that is not holdfast is shown as such") {
    RedisServer server;
    server.command({"SET", one_key("x"), "550e8400", "PX", "7230000"});
    CHECK(call({"status", "--node", server.uri(), "x"}).out ==
          "x is held by a client that is not holdfast; it expires in 2h unless renewed\n");
    CHECK(call({"run", "-n", "--node", server.uri(), "x", "true"}).status() == 75);
}

TEST_CASE("what a holder says of itself cannot speak to the terminal") {
    RedisServer server;
    server.command(
        {"SET", one_key("x"),
         "ab.1 {\"v\":1,\"label\":\"\\u001b[2Jevil\\n\",\"user\":\"u\",\"host\":\"h\",\"pid\":1,\"since\":0}", "PX",
         "60000"});
    const std::string out = call({"status", "--node", server.uri(), "x"}).out;
    CHECK(out.find('\x1b') == std::string::npos);
    CHECK(out.find("\\x1b[2Jevil\\x0a (u@h, pid 1)") != std::string::npos);
}

TEST_CASE("what cannot be written is no success") {
    const RedisServer server;
    for (const std::string& words :
         std::vector<std::string>{"--help", "--print-config", "status x --node " + server.uri()}) {
        CAPTURE(words);
        const Finished full = finish({"/bin/sh", "-c", fmt::format("{} {} >/dev/full", HOLDFAST_BINARY, words)});
        CHECK(full.status() == 70);
        CHECK(full.err == "holdfast: cannot write to stdout: no space left on device\n");
    }
}

TEST_CASE("help and version are printed, and are no error") {
    CHECK(call({"--help"}).status() == 0);
    CHECK(call({"--help"}).out.find("force-release") != std::string::npos);
    CHECK(call({"run", "-h"}).out.find("--grace") != std::string::npos);
    const std::string version = call({"--version"}).out;
    CHECK(version.starts_with("holdfast 0.1.0\nwith hiredis "));
    for (const char* part : {", fmt ", ", CLI11 ", ", toml++ ", ", json ", ", OpenSSL 3."})
        CHECK(version.find(part) != std::string::npos);
    CHECK(call({}).status() == 64);
}

} // namespace holdfast::test::messages_test
