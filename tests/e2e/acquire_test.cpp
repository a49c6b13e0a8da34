// acquire, renew, release and verify: a lock in two steps, for scripts that cannot be wrapped.
#include "base/fd.hpp"
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::test::acquire_test {

namespace {

Finished on(const std::string& nodes, std::vector<std::string> words, ProcessOptions options = {}) {
    options.environment.emplace("HOLDFAST_NODES", nodes);
    return finish(holdfast::test::holdfast(std::move(words)), std::move(options));
}

/// The token of a lock that was free.
std::string acquired(const std::string& nodes, const std::string& ttl = "30s") {
    const Finished finished = on(nodes, {"acquire", "x", "--ttl", ttl});
    REQUIRE(finished.status() == 0);
    REQUIRE(finished.err == "");
    REQUIRE(finished.out.ends_with('\n'));
    return finished.out.substr(0, finished.out.size() - 1);
}

std::string key() { return "holdfast:x"; }

} // namespace

TEST_CASE("acquire leaves the lock held, and its token verifies, renews and releases it") {
    for (const size_t count : {1U, 3U}) {
        RedisServers servers{count};
        const std::string token = acquired(servers.uris(), "20s");
        CHECK(servers[0].text({"GET", key()}).starts_with(token + " "));
        CHECK(on(servers.uris(), {"run", "-n", "x", "true"}).status() == 75);
        const Finished verified = on(servers.uris(), {"verify", "x", "--token", token});
        CHECK(verified.status() == 0);
        CHECK(verified.out + verified.err == "");

        servers[0].command({"PEXPIRE", key(), "5000"});
        CHECK(on(servers.uris(), {"renew", "x", "--token", token}).status() == 0);
        CHECK(std::stoi(servers[0].text({"PTTL", key()})) > 15000);
        CHECK(std::stoi(servers[0].text({"PTTL", key()})) <= 20000);
        CHECK(on(servers.uris(), {"renew", "x", "--token", token, "--ttl", "50s"}).status() == 0);
        CHECK(std::stoi(servers[0].text({"PTTL", key()})) > 40000);

        const Finished released = on(servers.uris(), {"release", "x", "--token", token});
        CHECK(released.status() == 0);
        CHECK(released.out + released.err == "");
        for (size_t i = 0; i < count; ++i) CHECK(servers[i].text({"EXISTS", key()}) == "0");
        CHECK(on(servers.uris(), {"run", "-n", "x", "true"}).status() == 0);
    }
}

TEST_CASE("what is not ours any more is 79, and what nobody can tell is 69") {
    RedisServers servers{3};
    const std::string token = acquired(servers.uris());
    for (size_t i = 0; i < 2; ++i) servers[i].command({"SET", key(), "other", "PX", "60000"});
    for (const char* command : {"verify", "renew", "release"}) {
        const Finished finished = on(servers.uris(), {command, "x", "--token", token});
        CHECK(finished.status() == 79);
        CHECK(finished.err.starts_with("holdfast: x is not held with this token: it has ended, was taken away, or "
                                       "the token is another lock's; holdfast history x tells more\n"));
        CHECK(finished.err.find("held by a client that is not holdfast") != std::string::npos);
        CHECK(finished.out == "");
    }
    CHECK(servers[0].text({"GET", key()}) == "other");
    CHECK(servers[2].text({"GET", key()}).starts_with(token));
    servers[0].kill();
    servers[1].kill();
    for (const char* command : {"verify", "renew", "release"}) {
        const Finished finished = on(servers.uris(), {command, "x", "--token", token});
        CHECK(finished.status() == 69);
        CHECK(finished.err.starts_with("holdfast: only 1 of 3 nodes answered, 2 are needed\n"));
    }
}

TEST_CASE("verify does not believe what was said before a slow node kept it waiting") {
    RedisServers servers{3};
    const std::string token = acquired(servers.uris());
    for (size_t i = 0; i < 2; ++i) servers[i].command({"PEXPIRE", key(), "500"});
    servers[2].pause();
    CHECK(on(servers.uris(), {"verify", "x", "--token", token, "--node-timeout", "700ms"}).status() == 79);
}

TEST_CASE("a TTL that run would refuse is refused by renew") {
    RedisServers servers{3};
    const std::string token = acquired(servers.uris());
    const Finished finished = on(servers.uris(), {"renew", "x", "--token", token, "--ttl", "5m"},
                                 {.environment = {{"HOLDFAST_RESTART_GUARD", "60s"}}});
    CHECK(finished.status() == 64);
    CHECK(finished.err.find("--restart-guard") != std::string::npos);
    CHECK(on(servers.uris(), {"renew", "x", "--token", token, "--ttl", "100ms"}).status() == 64);
}

TEST_CASE("a lock that is on too few nodes is renewed back to where it was forgotten") {
    RedisServers servers{3};
    const std::string token = acquired(servers.uris());
    servers[1].command({"DEL", key()});
    CHECK(on(servers.uris(), {"renew", "x", "--token", token}).status() == 0);
    CHECK(servers[1].text({"GET", key()}).starts_with(token));
}

TEST_CASE("verify inside run needs no words, and fails once the lock is gone") {
    RedisServers servers{3};
    CHECK(on(servers.uris(), {"run", "x", "--", HOLDFAST_BINARY, "verify"}).status() == 0);
    // Overwritten, not deleted: a renewal between the two would put a key back that is only missing.
    const std::string script =
        fmt::format("{0} verify && redis-cli -s {1} SET {2} other PX 60000 && redis-cli -s {3} SET {2} other PX 60000 "
                    "&& {0} verify; echo $?",
                    HOLDFAST_BINARY, servers.nodes()[0].socket_path, key(), servers.nodes()[1].socket_path);
    const Finished finished = on(servers.uris(), {"run", "--on-lost", "ignore", "x", "-c", script});
    CHECK(finished.out == "OK\nOK\n79\n");
    for (size_t i = 0; i < 2; ++i) servers[i].command({"DEL", key()});
    const Finished other = on(servers.uris(), {"run", "x", "--", HOLDFAST_BINARY, "verify", "y"});
    CHECK(other.status() == 64);
    CHECK(other.err == "holdfast: verify needs NAME and its token (--token or --token-file), unless it is inside run, "
                       "whose lock it verifies\n");
}

TEST_CASE("renew and release keep their hands off the lock of a running command") {
    const RedisServer server;
    const std::string script = fmt::format("for c in renew release; do {} $c x --token $HOLDFAST_TOKEN; echo $?; done; "
                                           "{} verify; echo $?",
                                           HOLDFAST_BINARY, HOLDFAST_BINARY);
    const Finished finished = on(server.uri(), {"run", "--label", "job", "x", "-c", script});
    CHECK(finished.out == "64\n64\n0\n");
    CHECK(finished.err.find("a running holdfast that looks after it itself; release is for what acquire took") !=
          std::string::npos);
    CHECK(finished.status() == 0);
}

TEST_CASE("renew and release want the token said outright") {
    const RedisServer server;
    for (const char* command : {"renew", "release"}) {
        const Finished finished = on(server.uri(), {command, "x"}, {.environment = {{"HOLDFAST_TOKEN", "ab.1"}}});
        CHECK(finished.status() == 64);
        CHECK(finished.err ==
              fmt::format("holdfast: {} needs the token that acquire gave: --token TOKEN or "
                          "--token-file FILE (after --export: --token \"$HOLDFAST_TOKEN\"); if it is lost, "
                          "holdfast force-release x takes the lock away\n",
                          command));
    }
    CHECK(on(server.uri(), {"verify", "x", "--token", "nonsense"}).err ==
          "holdfast: --token has no token as acquire prints it\n");
    CHECK(on(server.uri(), {"verify", "x", "--token", "a.1", "--token-file", "f"}).status() == 64);
    CHECK(on(server.uri(), {"verify", "x", "--token-file", "/nowhere"}).err ==
          "holdfast: --token-file /nowhere: no such file; holdfast acquire --token-file FILE NAME writes it\n");
}

TEST_CASE("a token file keeps the token off command lines and from others") {
    const RedisServer server;
    const TempDir folder;
    const std::string file = folder.write("token", "an older token, and longer than the one that comes\n", 0644);
    const Finished finished = on(server.uri(), {"acquire", "x", "--token-file", file});
    CHECK(finished.status() == 0);
    CHECK(finished.out == "");
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600);
    CHECK(server.text({"GET", key()}).starts_with(folder.read("token").substr(0, 34)));
    for (const char* command : {"verify", "renew", "release"})
        CHECK(on(server.uri(), {command, "x", "--token-file", file}).status() == 0);
    CHECK(server.text({"EXISTS", key()}) == "0");
}

TEST_CASE("who cannot be given the token does not get the lock") {
    const RedisServer server;
    const auto refused = [&](const Finished& finished) {
        CHECK(finished.status() == 70);
        CHECK(finished.err.find("so the lock was released") != std::string::npos);
        CHECK(server.text({"EXISTS", key()}) == "0");
    };
    refused(on(server.uri(), {"acquire", "x", "--token-file", "/nowhere/token"}));
    refused(finish({"/bin/sh", "-c", fmt::format("{} acquire x --node {} >/dev/full", HOLDFAST_BINARY, server.uri())}));
    refused(finish({"/bin/sh", "-c", fmt::format("{} acquire x --node {} >&-", HOLDFAST_BINARY, server.uri())}));
    refused(on(server.uri(), {"acquire", "x"}, {.in_child = [] {
                   std::array<int, 2> ends{};
                   if (::pipe(ends.data()) == 0) ::dup2(ends[1], STDOUT_FILENO);
                   ::close(ends[0]);
                   ::close(ends[1]);
               }}));
}

TEST_CASE("a token file is an ordinary file: nothing else is waited for, and no other rights are changed") {
    const RedisServer server;
    const TempDir folder;
    const std::string pipe = folder.file("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0644) == 0);
    const auto check_refused = [&] {
        const Finished finished = on(server.uri(), {"acquire", "x", "--token-file", pipe});
        CHECK(finished.status() == 64);
        CHECK(finished.err == fmt::format("holdfast: --token-file {}: it is no ordinary file\n", pipe));
        CHECK(server.text({"EXISTS", key()}) == "0");
        struct stat info {};
        REQUIRE(::stat(pipe.c_str(), &info) == 0);
        CHECK((info.st_mode & 0777U) == 0644);
    };
    check_refused();
    const Fd reader{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    check_refused();
    // It may become one while the lock is waited for.
    const std::string token = on(server.uri(), {"acquire", "x"}).out;
    const std::string later = folder.file("later");
    Process waiter{holdfast({"acquire", "--node", server.uri(), "x", "--token-file", later})};
    REQUIRE(eventually([&] { return server.text({"EXISTS", key() + ":{" + key() + "}:queue"}) == "1"; }));
    REQUIRE(::mkfifo(later.c_str(), 0644) == 0);
    CHECK(on(server.uri(), {"release", "x", "--token", token.substr(0, token.find('\n'))}).status() == 0);
    const Finished refused = waiter.wait();
    CHECK(refused.status() == 70);
    CHECK(refused.err.find(fmt::format("holdfast: cannot write the token to {}, so the lock was released: it is no "
                                       "ordinary file\n",
                                       later)) != std::string::npos);
    CHECK(server.text({"EXISTS", key()}) == "0");
}

TEST_CASE("a token is in no file that others have open, made beforehand or linked to") {
    const RedisServer server;
    const TempDir folder;
    const auto acquire_to = [&](const std::string& file) {
        return on(server.uri(), {"acquire", "x", "--token-file", file});
    };
    const std::string file = folder.write("token", "");
    const Fd reader{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    CHECK(acquire_to(file).status() == 0);
    std::array<char, 100> read{};
    CHECK(::read(reader.get(), read.data(), read.size()) == 0);
    CHECK(on(server.uri(), {"release", "x", "--token-file", file}).status() == 0);

    REQUIRE(::symlink("token", folder.file("link").c_str()) == 0);
    CHECK(acquire_to(folder.file("link")).err.find("it is a symbolic link") != std::string::npos);
    if (::getuid() == 0) {
        const std::string foreign = folder.write("foreign", "its own");
        REQUIRE(::chown(foreign.c_str(), 65534, 65534) == 0);
        const Finished refused = acquire_to(foreign);
        CHECK(refused.status() == 64);
        CHECK(refused.err.find("it belongs to another user") != std::string::npos);
        CHECK(folder.read("foreign") == "its own");
    }
    CHECK(server.text({"EXISTS", key()}) == "0");
    CHECK(finish({"ls", "-A", folder.path()}).out.find(".holdfast") == std::string::npos);
}

TEST_CASE("acquire whose token nobody takes ends by a signal, and at the latest with its lock") {
    const RedisServer server;
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    const Fd reader{ends[0]};
    Fd writer{ends[1]};
    const std::string full(65536, 'x');
    REQUIRE(::write(writer.get(), full.data(), full.size()) == 65536);
    REQUIRE(::fcntl(writer.get(), F_SETFL, 0) == 0);
    const auto started = [&](const std::string& ttl) {
        return Process{holdfast::test::holdfast({"acquire", "x", "--node", server.uri(), "--ttl", ttl}),
                       {.in_child = [&] { ::dup2(writer.get(), STDOUT_FILENO); }}};
    };
    const auto is_held = [&] { return server.text({"EXISTS", key()}) == "1"; };
    Process ended = started("60s");
    REQUIRE(eventually(is_held));
    ended.signal(SIGTERM);
    CHECK(ended.wait().signal() == SIGTERM);
    CHECK_FALSE(is_held());
    Process late = started("1s");
    const Finished finished = late.wait();
    CHECK(finished.status() == 79);
    CHECK(finished.err == "holdfast: x was acquired, and had run out before its token was handed over\n");
    writer.reset();
    std::string text(full.size() + 1, '\0');
    CHECK(::read(reader.get(), text.data(), text.size()) == 65536);
}

TEST_CASE("acquire --export gives a script all it needs") {
    const RedisServer server;
    const std::string script =
        fmt::format("eval \"$({0} acquire 'it'\\''s' --export --node {1})\" && {0} verify && echo $HOLDFAST_LOCK && "
                    "{0} release \"$HOLDFAST_LOCK\" --token \"$HOLDFAST_TOKEN\" && {0} verify; echo $? "
                    "$((HOLDFAST_FENCE > 0))",
                    HOLDFAST_BINARY, server.uri());
    const Finished finished = finish({"/bin/sh", "-c", script});
    CHECK(finished.out == "it's\n79 1\n");
}

TEST_CASE("a run that waits for what its own script has acquired is told so") {
    const RedisServer server;
    const auto refused_after = [&](const std::string& acquire) {
        return finish({"/bin/sh", "-c",
                       fmt::format("{2}; {0} run -n --node {1} x true; {0} run --node {1} -w 10ms x true",
                                   HOLDFAST_BINARY, server.uri(), acquire)})
            .err;
    };
    const std::string text = refused_after(
        fmt::format("eval \"$({} acquire x --export --ttl 20s --node {})\"", HOLDFAST_BINARY, server.uri()));
    const std::string told = "around this holdfast (HOLDFAST_TOKEN has its token); release it first, or leave this "
                             "holdfast out";
    CHECK(has(text, told + "; the command was not run\n"));
    CHECK(has(text, told + "; gave up after 10ms (-w), the command was not run\n"));
    // Without the token it is another script's lock.
    CHECK_FALSE(has(refused_after("true"), "around this holdfast"));
}

TEST_CASE("acquire --json says what was acquired") {
    RedisServers servers{3};
    const milliseconds before = wall_time_since_epoch();
    const Finished finished = on(servers.uris(), {"acquire", "x", "--json", "--ttl", "20s"});
    CHECK(finished.status() == 0);
    const auto json = nlohmann::json::parse(finished.out);
    CHECK(json.size() == 6);
    CHECK(json["lock"] == "x");
    CHECK(json["key"] == key());
    CHECK(servers[1].text({"GET", key()}).starts_with(json["token"].get<std::string>() + " "));
    CHECK(json["fence"].get<int64_t>() >= before.count());
    CHECK(json["ttl_ms"] == 20000);
    CHECK(json["expires_at"].get<std::string>().size() == std::string{"2026-11-24T03:00:00.000Z"}.size());
}

TEST_CASE("acquire waits, gives up and is refused as run is") {
    const RedisServer server;
    const std::string token = acquired(server.uri());
    const Finished refused = on(server.uri(), {"acquire", "-n", "x"});
    CHECK(refused.status() == 75);
    CHECK(refused.out == "");
    CHECK(refused.err.starts_with("holdfast: x is held by "));
    CHECK(on(server.uri(), {"acquire", "-n", "-E", "0", "x"}).status() == 0);
    Process waiting{holdfast::test::holdfast({"acquire", "--node", server.uri(), "-w", "20s", "x"})};
    waiting.wait_for_err("waiting");
    CHECK(on(server.uri(), {"release", "x", "--token", token}).status() == 0);
    const Finished won = waiting.wait();
    CHECK(won.status() == 0);
    CHECK(server.text({"GET", key()}).starts_with(won.out.substr(0, 34)));
    CHECK(on(server.uri(), {"acquire", "x", "--json", "--export"}).status() == 64);
}

TEST_CASE("the holder that acquire leaves behind is the script that called it") {
    const RedisServer server;
    const Finished finished =
        finish({"/bin/sh", "-c",
                fmt::format("{0} acquire x --node {1} >/dev/null; echo $$; {0} status x --node {1}", HOLDFAST_BINARY,
                            server.uri())});
    const std::string pid = finished.out.substr(0, finished.out.find('\n'));
    CHECK(finished.out.find(fmt::format("pid {})", pid)) != std::string::npos);
}

TEST_CASE("where nodes do not confirm --min-hold it is not called a release") {
    RedisServer server;
    const TempDir folder;
    const std::string go = folder.file("go");
    Process run{run_on(server.uri(), {"--min-hold", "60s", "--node-timeout", "200ms", "x", "-c",
                                      fmt::format("echo started; until [ -e {} ]; do sleep 0.01; done", go)})};
    run.wait_for_out("started");
    server.pause();
    folder.write("go", "");
    const Finished finished = run.wait();
    CHECK(finished.status() == 0);
    CHECK(finished.err.starts_with("holdfast: too few nodes confirmed that x stays held for "));
    CHECK(finished.err.ends_with("(--min-hold); it may be free sooner, or held until its TTL ends\n  " + server.uri() +
                                 "  no answer in 200ms\n"));
    CHECK(finished.err.find("release") == std::string::npos);
}

TEST_CASE("--min-hold leaves the lock to its end when the command was faster") {
    for (const size_t count : {1U, 3U}) {
        RedisServers servers{count};
        CHECK(on(servers.uris(), {"run", "--min-hold", "9s", "x", "true"}).status() == 0);
        const int left = std::stoi(servers[0].text({"PTTL", key()}));
        CHECK(left > 4000);
        CHECK(left <= 9000);
        CHECK(on(servers.uris(), {"run", "-n", "x", "true"}).status() == 75);
        servers[0].command({"PEXPIRE", key(), "1"});
        if (count == 3) servers[1].command({"PEXPIRE", key(), "1"});
        CHECK(on(servers.uris(), {"run", "--min-hold", "10ms", "x", "sleep", "0.1"}).status() == 0);
        CHECK(servers[0].text({"EXISTS", key()}) == "0");
        CHECK(on(servers.uris(), {"run", "--min-hold", "9s", "y", "nowhere-to-be-found"}).status() == 127);
        CHECK(servers[0].text({"EXISTS", "holdfast:y"}) == "0");
    }
}

} // namespace holdfast::test::acquire_test
