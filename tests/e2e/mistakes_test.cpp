// The commonest mistakes, as an operator meets them: each sentence names the cause and the next step.
#include "support/certificates.hpp"
#include "support/holdfast.hpp"
#include "support/listener.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>

namespace holdfast::test::mistakes_test {

namespace {

/// What a run says that fails with that status and never starts its command.
std::string refusal(int status, std::vector<std::string> words, ProcessOptions options = {}) {
    options.environment.emplace("HOLDFAST_NODES", "");
    words.insert(words.begin(), {HOLDFAST_BINARY, "run"});
    const Finished done = finish(std::move(words), std::move(options));
    CHECK(done.status() == status);
    CHECK(done.out.empty());
    return done.err;
}

/// `run -n` of a command that would show itself, on these nodes.
std::string refusal_on(const std::string& nodes, int status, ProcessOptions options = {}) {
    return refusal(status, {"-n", "--node", nodes, "x", "echo", "never"}, std::move(options));
}

/// The text without the numbers that follow that word, which differ from run to run.
std::string without_number_after(std::string text, const std::string& word) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        at += word.size();
        text.replace(at, text.find_first_not_of("0123456789.", at) - at, "N");
    }
    return text;
}

/// A server that is not Redis, on a loopback port: hears the greeting, says these words, hangs up.
class Stranger {
  public:
    explicit Stranger(std::string words) : words_{std::move(words)} {}
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;
    ~Stranger() {
        ::shutdown(listener_.fd(), SHUT_RDWR);
        thread_.join();
    }
    std::string uri() const { return fmt::format("redis://127.0.0.1:{}", listener_.port()); }

  private:
    void serve() const {
        while (const Fd client{::accept(listener_.fd(), nullptr, nullptr)}) {
            char heard[4096];
            // Whoever has nothing to say hangs up on unread words, as a server does that wants TLS.
            if (::recv(client.get(), heard, sizeof heard, words_.empty() ? MSG_PEEK : 0) <= 0) continue;
            ::send(client.get(), words_.data(), words_.size(), MSG_NOSIGNAL);
        }
    }

    std::string words_;
    Listener listener_{8};
    std::thread thread_{[this] { serve(); }};
};

} // namespace

TEST_CASE("mistake: no nodes") {
    CHECK(refusal(78, {"x", "echo", "never"}) ==
          "holdfast: no nodes configured; give --node redis://HOST:PORT (or export HOLDFAST_NODES, or set nodes in "
          "/dev/null, which has none), or --node local: for a lock on this machine alone\n");
}

TEST_CASE("mistake: the node is down, or the port is wrong") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    server.kill();
    CHECK(refusal_on(server.uri(), 69) ==
          fmt::format("holdfast: {} cannot be used: connection refused (is the server running, and is this its port?); "
                      "the command was not run\n",
                      server.uri()));
}

TEST_CASE("mistake: of three nodes two are down") {
    RedisServers servers{3, RedisServer::Listens::loopback};
    servers[1].kill();
    servers[2].kill();
    CHECK(without_number_after(refusal_on(servers.uris(), 69), "answered in ") ==
          fmt::format("holdfast: only 1 of 3 nodes answered, 2 are needed; the command was not run\n"
                      "  {}  answered in N ms; its vote was given back\n"
                      "  {}  connection refused\n"
                      "  {}  connection refused\n",
                      servers[0].uri(), servers[1].uri(), servers[2].uri()));
}

TEST_CASE("mistake: a mistyped host, without a limit to the wait and with one") {
    const std::string node = "redis://no-such-host.invalid:6379";
    Process endless{run_on(node, {"x", "echo", "never"})};
    endless.wait_for_err("check its spelling\n");
    endless.signal(SIGTERM);
    const std::string first = endless.wait().err;
    CHECK(first.starts_with("holdfast: waiting without limit (-w DURATION sets one), trying again and again: " + node +
                            " cannot be used: its name cannot be resolved ("));
    const std::string limited = refusal(69, {"-w", "300ms", "--node", node, "x", "echo", "never"});
    CHECK(limited.starts_with("holdfast: waiting for up to 300ms, trying again and again: " + node +
                              " cannot be used: its name cannot be resolved ("));
    CHECK(limited.ends_with("); check its spelling; gave up after 300ms (-w), the command was not run\n"));
}

TEST_CASE("mistake: no limit to the wait and -q, and no node that can be reached, where a holder alone is not told") {
    Process endless{run_on("redis://127.0.0.1:1", {"-q", "x", "echo", "never"})};
    endless.wait_for_err("cannot be used: connection refused");
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    Process waiting{run_on(server.uri(), {"-q", "x", "echo", "never"})};
    REQUIRE(eventually([&] { return server.text({"EXISTS", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    server.kill();
    waiting.wait_for_err("cannot be used");
    waiting.signal(SIGTERM);
    const std::string said = waiting.wait().err;
    CHECK(said.starts_with("holdfast: waiting for "));
    CHECK(said.find(" by now, trying again and again: ") != std::string::npos);
    CHECK(std::ranges::count(said, '\n') == 1);
}

TEST_CASE("mistake: the lock is held, and there is a limit to the wait or no wait") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    const std::string held = "x is held by a client that is not holdfast; it expires in Ns unless renewed";
    CHECK(without_number_after(refusal_on(server.uri(), 75), "expires in ") ==
          fmt::format("holdfast: {}; the command was not run\n", held));
    CHECK(without_number_after(refusal(75, {"-w", "200ms", "--node", server.uri(), "x", "echo", "never"}),
                               "expires in ") ==
          fmt::format("holdfast: waiting for up to 200ms: {0}\n"
                      "holdfast: {0}; gave up after 200ms (-w), the command was not run\n",
                      held));
    CHECK(refusal(0, {"-q", "-E", "0", "-w", "200ms", "--node", server.uri(), "x", "echo", "never"}).empty());
}

TEST_CASE("mistake: not to wait for a lock that is free, but promised to others") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    // Its place in line outlives it for longer than -n tries.
    Process first{run_on(server.uri(), {"--ttl", "60s", "--node-timeout", "5s", "x", "true"})};
    REQUIRE(eventually([&] { return server.text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    first.signal(SIGSTOP);
    server.command({"DEL", "holdfast:x"});
    const std::string err = refusal_on(server.uri(), 75);
    CHECK(err.starts_with("holdfast: x is free, but others wait for it; the first of them is true ("));
    CHECK(err.ends_with(fmt::format(", pid {}); the command was not run\n", first.pid())));
    first.signal(SIGCONT);
    CHECK(first.wait().status() == 0);
}

TEST_CASE("mistake: the socket's path is wrong") {
    TempDir dir;
    const std::string node = "unix://" + dir.file("redis.sock");
    CHECK(refusal_on(node, 69) ==
          "holdfast: " + node + " cannot be used: no server there (no such socket); the command was not run\n");
    CHECK(refusal_on("unix://redis.sock", 78) ==
          "holdfast: node 1 of the list cannot be used: the path of a Unix socket is absolute, as in "
          "unix:///run/redis/redis.sock\n");
}

TEST_CASE("mistake: a database that the server does not have ends the wait at once") {
    const RedisServer server;
    const std::string uri = server.uri() + "?db=99";
    CHECK(refusal_on(uri, 77) ==
          fmt::format("holdfast: {} cannot be used: it has no database 99; see 'databases' in its configuration; the "
                      "command was not run\n",
                      uri));
}

TEST_CASE("who is refused has let go already, and asks a node that hangs no second time") {
    RedisServer server;
    server.pause();
    const auto took = [&] {
        const BootTime begin = BootClock::now();
        CHECK(finish(run_on(server.uri(), {"-n", "--node-timeout", "2s", "x", "true"})).status() == 69);
        return BootClock::now() - begin;
    };
    // One answer that does not come; to release once more would wait a second for another.
    constexpr milliseconds limit{2900};
    CHECK(quickest(limit, took) < limit);
    server.resume();
}

TEST_CASE("mistake: a line of shell without -c") {
    const RedisServer server;
    for (const char* word : {"echo hi", "make&&make", "LANG=C", "DIR=/srv"})
        CHECK(finish(run_on(server.uri(), {"x", word, "true"})).err ==
              fmt::format("holdfast: no program has the name '{}'; for a line of shell use -c\n", word));
}

TEST_CASE("mistake: a scheme, a port or a number of local nodes that there is not") {
    CHECK(refusal_on("http://db1", 78) == "holdfast: node 1 of the list cannot be used: 'http://' is not a kind of "
                                          "address; write redis://HOST\n");
    CHECK(
        refusal_on("db1,redis://joe:geheim@db2:70000", 78) ==
        "holdfast: node 2 of the list cannot be used: what stands behind the host 'db2' is not a port (1 to 65535)\n");
    CHECK(refusal_on("local:12", 78) ==
          "holdfast: 'local:12' is not a local node; write local: or local:N with N from 1 to 9\n");
}

TEST_CASE("mistake: a wrong password, or none") {
    RedisServer server{{"--user", "joe", "on", ">geheim", "~*", "&*", "+@all", "--requirepass", "geheim"},
                       RedisServer::Listens::loopback};
    const std::string refuses = "holdfast: " + server.uri() + " cannot be used: ";
    CHECK(refusal_on("redis://joe:falsch@" + server.uri().substr(8), 77) ==
          refuses +
              "it does not let user 'joe' in with the password from the node's URI or else from "
              "HOLDFAST_PASSWORD or --password-file; a server with one password for all (requirepass) has no such "
              "user: redis://:PASSWORD@HOST; the command was not run\n");
    CHECK(refusal_on(server.uri(), 77) == refuses + "it asks for a password and none was given; HOLDFAST_PASSWORD "
                                                    "or --password-file takes one; the command was not run\n");
}

TEST_CASE("mistake: a user who may not do what a lock needs") {
    RedisServer server{{"--user", "joe", "on", ">geheim", "~*", "&*", "+@all", "-set"}, RedisServer::Listens::loopback};
    const std::string says = refusal_on("redis://joe:geheim@" + server.uri().substr(8), 77);
    CAPTURE(says);
    CHECK(says.starts_with("holdfast: " + server.uri() + " cannot be used: it says: ERR "));
    // Redis's words, and Valkey's.
    CHECK((says.find(" The user executing the script can't run this command or subcommand; ") != std::string::npos ||
           says.find(": User joe has no permissions to run the 'set' command; ") != std::string::npos));
    CHECK(says.ends_with("; give our user the rights that holdfast doctor --acl prints; the command was not run\n"));
}

TEST_CASE("mistake: TLS with a server that speaks none, none with one that does, and an authority nobody knows") {
    const RedisServer plain{{}, RedisServer::Listens::loopback};
    const auto check_advice = [](const std::string& uri, const std::string& advice) {
        const std::string err = refusal_on(uri, 69);
        CHECK(err.starts_with(fmt::format("holdfast: {} cannot be used: ", uri)));
        CHECK(err.find(advice) != std::string::npos);
    };
    // In what other words depends on whether either side finds an end of a line in what it does not understand.
    check_advice("rediss" + plain.uri().substr(5), " write redis:// instead of rediss://;");
    Authority authority;
    const RedisServer secure{authority.server_options(authority.sign()), RedisServer::Listens::tls};
    const std::string uri = secure.tls_node({}).display();
    check_advice("redis" + uri.substr(6), " write rediss://");
    CHECK(refusal_on(uri, 77) ==
          fmt::format("holdfast: {} cannot be used: its certificate is by CN=test authority, whom this system does not "
                      "know; name the file of that authority with --tls-ca; the command was not run\n",
                      uri));
}

TEST_CASE("mistake: a configuration with a typo, without quotes, or with a profile of a wrong name") {
    const TempDir dir;
    const auto says = [&](const std::string& content) {
        const std::string file = dir.write("c.toml", content);
        const std::string err = refusal(78, {"--config", file, "x", "echo", "never"});
        const std::string begin = "holdfast: " + file;
        CHECK(err.starts_with(begin));
        return err.substr(std::min(begin.size(), err.size()));
    };
    CHECK(says("ttl = '1m'\nnode-timout = '1s'\n") ==
          ":2: 'node-timout' is not a setting (did you mean 'node-timeout'?)\n");
    CHECK(says("password_file = '/etc/pw'\n") ==
          ":1: 'password_file' is not a setting (did you mean 'password-file'?)\n");
    CHECK(says("expire = '5m'\n") == ":1: 'expire' is not a setting; holdfast.toml(5) has them all, and what is not "
                                     "there stands on the command line\n");
    const std::string unquoted = says("\nttl = 5m\n");
    CHECK(unquoted.starts_with(":2: "));
    CHECK(unquoted.ends_with("; texts and durations stand in quotes, as in ttl = \"30s\"\n"));
    CHECK(says("[production]\nttl = '5m'\n") ==
          ":1: 'production' is not a setting; settings for all stand at the top, without a section; "
          "[profile.NAME] has those of --profile NAME\n");
}

TEST_CASE("mistake: what answers is not Redis") {
    const auto says = [](const std::string& words) {
        const Stranger stranger{words};
        const std::string err = refusal_on(stranger.uri(), 69);
        const std::string begin = "holdfast: " + stranger.uri() + " cannot be used: ";
        CHECK(err.starts_with(begin));
        return err.substr(std::min(begin.size(), err.size()));
    };
    CHECK(says("HTTP/1.1 400 Bad Request\r\n\r\n") ==
          "a web server answers there, not Redis; check the port; the command was not run\n");
    CHECK(says("SSH-2.0-OpenSSH_9.2\r\n") ==
          "an SSH server answers there, not Redis; check the port; the command was not run\n");
    CHECK(says("\x15\x03\x01\x02\x02\x46") ==
          "it seems to speak TLS; write rediss:// for redis://; the command was not run\n");
    CHECK(says("") ==
          "connection reset by peer before its first answer, also without HELLO: it is not Redis, has no server "
          "behind it, or is a proxy without EVALSHA; if it speaks TLS, write rediss://; the command was not run\n");
}

TEST_CASE("mistake: a Sentinel or a replica for a node") {
    TempDir dir;
    const std::string socket = dir.file("sentinel.sock");
    Process sentinel{
        {"redis-server",
         dir.write("sentinel.conf", fmt::format("port 0\nunixsocket {}\nsentinel resolve-hostnames no\n", socket)),
         "--sentinel"}};
    Node node;
    node.socket_path = socket;
    REQUIRE(eventually([&] { return finish({"redis-cli", "-s", socket, "ping"}).out == "PONG\n"; }));
    CHECK(refusal_on(node.display(), 69) ==
          fmt::format("holdfast: {} cannot be used: it is a Sentinel, which keeps no locks; write "
                      "sentinel://HOST:PORT/MASTER for the server that it names; the command was not run\n",
                      node.display()));

    RedisServer master{{}, RedisServer::Listens::loopback};
    RedisServer replica{{"--replicaof", "127.0.0.1", std::to_string(master.node().port)}};
    CHECK(refusal_on(replica.uri(), 69) ==
          fmt::format("holdfast: {} cannot be used: it is a replica and has no vote; name its master instead; the "
                      "command was not run\n",
                      replica.uri()));
}

TEST_CASE("mistake: a full server") {
    RedisServer server;
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(refusal_on(server.uri(), 69) ==
          fmt::format("holdfast: {} cannot be used: it says: OOM command not allowed when used memory > 'maxmemory'; "
                      "free memory there or raise its maxmemory; the command was not run\n",
                      server.uri()));
}

TEST_CASE("mistake: the key is of another type") {
    RedisServer server;
    server.command({"LPUSH", "holdfast:x", "precious"});
    CHECK(refusal_on(server.uri(), 76) ==
          "holdfast: the key holdfast:x exists and is not a lock that ends: it has "
          "another type, or no expiry, as a lock of redis-py without a timeout; choose "
          "another name, or, if nobody needs it, delete it there with DEL; the command was not run\n");
}

TEST_CASE("mistake: three nodes that were started a moment ago") {
    RedisServers servers{3};
    const std::string err = without_number_after(
        without_number_after(
            without_number_after(refusal_on(servers.uris(), 69, {.environment = {{"HOLDFAST_RESTART_GUARD", "40s"}}}),
                                 "started "),
            "have one in "),
        "has a vote in ");
    CHECK(err.starts_with("holdfast: only 0 of 3 nodes have a vote, 2 are needed, and enough have one in Ns; for new "
                          "servers that never granted a lock, give --restart-guard off until then; the command was not "
                          "run\n  " +
                          servers[0].uri() + "  it was started "));
    CHECK(err.ends_with(" and may have forgotten locks; it has a vote in Ns (see --restart-guard)\n"));
    CHECK(std::ranges::count(err, '\n') == 4);
}

TEST_CASE("mistake: an even number of nodes") {
    for (const auto& [count, sentence] : {std::pair{2U, "2 nodes survive no failure, just as 1 does; use 1 or 3"},
                                          std::pair{4U, "4 nodes survive 1 failure, just as 3 do; use 3 or 5"},
                                          std::pair{6U, "6 nodes survive 2 failures, just as 5 do; use 5 or 7"}}) {
        RedisServers servers{count};
        const Finished done = finish(run_on(servers.uris(), {"x", "true"}));
        CHECK(done.status() == 0);
        CHECK(done.err == fmt::format("holdfast: {}\n", sentence));
    }
}

TEST_CASE("mistake: one server twice") {
    CHECK(refusal_on("db1,redis://db1:6379", 78) ==
          "holdfast: redis://db1:6379 is configured twice; every node has to be another server\n");
    RedisServer server{{}, RedisServer::Listens::loopback};
    RedisServer other;
    const std::string twice = fmt::format("redis://localhost:{}", server.node().port);
    // Without the other one the second name is heard before anything is decided.
    other.pause();
    const std::string err = refusal_on(server.uri() + "," + twice + "," + other.uri(), 78);
    other.resume();
    CHECK(err == fmt::format("holdfast: {} and {} are the same server; every node has to be another one; the command "
                             "was not run\n",
                             server.uri(), twice));
    CHECK(eventually([&] { return other.text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("mistake: the command is not found, or cannot be executed") {
    RedisServer server;
    TempDir dir;
    const auto says = [&](int status, const std::string& command) {
        return refusal(status, {"--node", server.uri(), "x", "--", command},
                       {.environment = {{"PATH", "/usr/bin:" + dir.path()}}});
    };
    CHECK(says(127, "bakcup") ==
          fmt::format("holdfast: 'bakcup', the command behind the lock's name x, was not found in "
                      "PATH; give its whole path (an alias is no program; bash -c finds a function after export -f)\n"
                      "  PATH: /usr/bin:{}\n",
                      dir.path()));
    CHECK(says(127, "/no/such/command") == "holdfast: '/no/such/command' does not exist\n");
    CHECK(says(126, dir.path()) == fmt::format("holdfast: '{}' is a directory\n", dir.path()));
    dir.write("plain", "true\n");
    CHECK(says(126, "plain") ==
          fmt::format("holdfast: '{}' is not executable for this user; chmod +x makes it so\n", dir.file("plain")));
    std::filesystem::create_symlink("loop", dir.file("loop"));
    CHECK(says(126, dir.file("loop")) ==
          fmt::format("holdfast: cannot run '{}': too many levels of symbolic links\n", dir.file("loop")));
    dir.write("odd", "#!/no/such/interpreter\n", 0755);
    for (const std::string& odd : {std::string{"odd"}, dir.file("odd")})
        CHECK(says(127, odd) ==
              fmt::format("holdfast: '{}' needs an interpreter that does not exist; see its first line\n",
                          dir.file("odd")));
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("mistake: words that are missing or in the wrong place") {
    CHECK(
        refusal(64, {"--node", "h", "--", "demo", "echo", "never"}) ==
        "holdfast: the lock's name is missing before '--', for the word there is the value of --node; as in: holdfast "
        "run NAME -- COMMAND\n");
    CHECK(refusal(64, {"--node", "h", "demo"}) ==
          "holdfast: no command behind the lock's name 'demo'; as in: holdfast run demo -- COMMAND\n");
    CHECK(refusal(64, {"--node", "h", "demo", "-c", ""}) ==
          "holdfast: the command of -c is empty; as in: holdfast run NAME -c 'COMMAND'\n");
    CHECK(refusal(64, {"--node", "h", "-n", "-w", "5s", "demo", "echo", "never"}) ==
          "holdfast: --nonblock and --wait contradict each other; give one of them\n");
}

TEST_CASE("mistake: times that cannot be") {
    CHECK(refusal(64, {"--node", "h", "--ttl", "500ms", "x", "echo", "never"}) ==
          "holdfast: --ttl 500ms is too short; the shortest is 1s, and run renews the lock for as long as its command "
          "runs\n");
    // Bare numbers, meant as minutes: the sentence has the unit that was understood.
    CHECK(refusal(64, {"--node", "h", "-q", "--ttl", "10", "--grace", "5", "x", "echo", "never"}) ==
          "holdfast: with --ttl 10s there is no room for a renewal (every 3.3s) and two node timeouts (1s each) before "
          "the command has to be stopped; make --grace 5s at most 4.0s, or --ttl longer\n");
    CHECK(refusal(64, {"--node", "h", "--ttl", "5 min", "x", "echo", "never"}) ==
          "holdfast: --ttl '5 min' is not a duration; did you mean 5m?\n");
}

TEST_CASE("mistake: a TTL without a unit, meant in minutes") {
    const RedisServer server;
    const auto advice = [&](std::vector<std::string> words, ProcessOptions options = {}) {
        options.environment.emplace("HOLDFAST_NODES", server.uri());
        const Finished done = finish(holdfast::test::holdfast(std::move(words)), std::move(options));
        CHECK(done.status() == 0);
        return done.err;
    };
    const auto sentence = [](const std::string& where) {
        return "holdfast: " + where + " 5 has no unit and is 5 seconds; write 5m if minutes are meant, 5s if not\n";
    };
    CHECK(advice({"run", "--ttl", "5", "x", "true"}) == sentence("--ttl"));
    CHECK(advice({"run", "x", "true"}, {.environment = {{"HOLDFAST_TTL", "5"}}}) == sentence("HOLDFAST_TTL"));
    const TempDir dir;
    const std::string file = dir.file("token");
    CHECK(advice({"acquire", "--ttl", "5", "--token-file", file, "y"}) == sentence("--ttl"));
    CHECK(advice({"renew", "--ttl", "5", "--token-file", file, "y"}) == sentence("--ttl"));
    CHECK(advice({"run", "-q", "--ttl", "5", "x", "true"}).empty());
    for (const char* plain : {"5s", "90", "0.5m"}) CHECK(advice({"run", "--ttl", plain, "x", "true"}).empty());
}

TEST_CASE("mistake: who does not know how to stop a local node learns it from -v") {
    TempDir dir;
    const std::string socket = dir.file("nodes/1of1.sock");
    const Finished done = finish(run_on("local:", {"--local-dir", dir.file("nodes"), "-v", "x", "true"}));
    CHECK(done.status() == 0);
    CHECK(done.err.starts_with(
        fmt::format("holdfast: local: has a server at {0}, which stays; holdfast local stop ends it\n", socket)));
    CHECK(finish({"redis-cli", "-s", socket, "shutdown"}).status() == 0);
    CHECK(eventually([&] { return finish({"redis-cli", "-s", socket, "ping"}).status() != 0; }));
}

} // namespace holdfast::test::mistakes_test
