// Taking a lock away: what is asked, what is done, and what all who are concerned are told.
#include "support/holdfast.hpp"
#include "support/pty.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>

namespace holdfast::test::force_release_test {

using namespace std::chrono_literals;

namespace {

const std::string ctrl_c = "\x03";

/// What a holder of that pid has in the key, since that long.
std::string record(int pid, milliseconds held_for) {
    return fmt::format("0123456789abcdef0123456789abcdef.{0} {{\"v\":1,\"label\":\"backup\",\"user\":\"root\",\"host\":"
                       "\"web1\",\"pid\":{0},\"since\":{1},\"ttl_ms\":30000}}",
                       pid, (wall_time_since_epoch() - held_for).count());
}

void hold(RedisServers& servers, const std::string& value) {
    for (size_t i = 0; i < servers.size(); ++i) servers[i].command({"SET", "holdfast:x", value, "PX", "7230000"});
}

/// What stands in the key on every node.
std::string held(RedisServers& servers) {
    std::string value = servers[0].text({"GET", "holdfast:x"});
    for (size_t i = 1; i < servers.size(); ++i) CHECK(servers[i].text({"GET", "holdfast:x"}) == value);
    return value;
}

void wait_in_line(const RedisServer& server, const std::string& run, int pid) {
    const milliseconds now = wall_time_since_epoch();
    const std::string entry = fmt::format(
        R"({} {{"v":1,"label":"deploy","user":"joe","host":"web2","pid":{},"since":1,"ttl_ms":30000}})", run, pid);
    server.command({"ZADD", "holdfast:x:{holdfast:x}:queue", fmt::format("{}", now.count() + pid), entry});
    server.command({"ZADD", "holdfast:x:{holdfast:x}:seen", fmt::format("{}", (now + 1h).count()), entry});
}

Finished force(RedisServers& servers, std::vector<std::string> words) {
    words.insert(words.begin(), {"force-release", "--node", servers.uris(), "x"});
    return finish(holdfast::test::holdfast(std::move(words)));
}

/// At a shell, in front of the question.
struct User {
    RedisServers servers;
    Shell shell{{{"PATH", folder_of(HOLDFAST_BINARY) + ":" + std::getenv("PATH")}, {"HOLDFAST_NODES", servers.uris()}}};

    explicit User(size_t nodes) : servers{nodes} {}
    static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

    void ask() {
        shell.say("holdfast force-release x\r");
        const std::string shown = shell.wait_for("take it away from backup (root@web1, pid 1)? [y/N] ");
        CHECK(shown.find("x is held by backup (root@web1, pid 1) for 2h; it expires in 2h") != std::string::npos);
    }
};

} // namespace

TEST_CASE("off a terminal force-release takes nothing without --yes") {
    RedisServers servers{1};
    const std::string theirs = record(1, 10s);
    hold(servers, theirs);
    const Finished refused = force(servers, {});
    CHECK(refused.status() == 64);
    CHECK(refused.err ==
          "holdfast: force-release asks before it takes a lock away, and there is no terminal to ask at; "
          "give --yes\n");
    CHECK(held(servers) == theirs);
    CHECK(force(servers, {"-y"}).status() == 0);
    CHECK(held(servers) == "(nil)");
}

TEST_CASE("force-release shows the holder, takes the lock away and says what follows") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        hold(servers, record(1, 2h + 30s));
        for (const int pid : {12, 13}) wait_in_line(servers[0], fmt::format("{}", pid), pid);
        const Finished taken = force(servers, {"--yes"});
        CHECK(taken.status() == 0);
        CHECK(
            taken.out.starts_with("x is held by backup (root@web1, pid 1) for 2h; it expires in 2h unless renewed\n"));
        CHECK(taken.out.ends_with(
            "\ntaken away from backup (root@web1, pid 1)\n  it is told now, or by its next renewal within 10s, and its "
            "command has its grace to end; where neither reaches it, its command ends within 30s; until then it may "
            "run beside the next holder's\n  next in line is deploy (joe@web2, pid 12), first of 2 waiting\n"));
        CHECK(held(servers) == "(nil)");

        const Finished again = force(servers, {"--yes"});
        CHECK(again.status() == 1);
        CHECK(again.out == "x is free, nothing to take away\n");
    }
}

TEST_CASE("of another client's lock force-release says that nobody is told") {
    RedisServers servers{3};
    hold(servers, "550e8400");
    const Finished taken = force(servers, {"--yes"});
    CHECK(taken.status() == 0);
    CHECK(taken.out == "x is held by a client that is not holdfast; it expires in 2h unless renewed\n"
                       "taken away from a client that is not holdfast\n"
                       "  it is not told, and may go on as if it had the lock\n"
                       "  nobody waits for x\n");
    CHECK(held(servers) == "(nil)");
}

TEST_CASE("with a node down force-release takes the lock from the others, and with a quorum down it can't tell") {
    RedisServers servers{3};
    hold(servers, record(1, 10s));
    servers[2].kill();
    const Finished taken = force(servers, {"--yes"});
    CHECK(taken.status() == 0);
    CHECK(taken.out.find(servers[2].uri() + "  -           connection refused\n") != std::string::npos);
    for (const size_t i : {0U, 1U}) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
    servers[1].kill();
    CHECK(force(servers, {"--yes"}).status() == 69);
}

TEST_CASE("the holder is told at once who took the lock and why, and the next in line gets it") {
    RedisServers servers{3};
    Process holder{run_on(servers.uris(), {"--ttl", "60s", "x", "-c", "echo started; exec sleep 60"})};
    holder.wait_for_out("started");
    Process waiter{run_on(servers.uris(), {"x", "-c", "echo mine; read line"})};
    REQUIRE(eventually([&] { return servers[2].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    const Finished taken = force(servers, {"--yes", "--reason", "it \x1b[2Jhangs, says \"joe\""});
    CHECK(taken.status() == 0);
    const std::string next = fmt::format(", pid {})", waiter.pid());
    const std::string told = taken.out.substr(taken.out.find("taken away from sh ("));
    CHECK((told.find("\n  next in line is sh (") != std::string::npos ||
           told.find("\n  x is now held by sh (") != std::string::npos ||
           told.find(" is taking x now\n") != std::string::npos));
    CHECK(told.find(next) != std::string::npos);
    const Finished robbed = holder.wait();
    CHECK(robbed.status() == 79);
    CHECK(robbed.err.find(" has taken it away (force-release): it \\x1b[2Jhangs, says \"joe\"\n") != std::string::npos);
    waiter.wait_for_out("mine");
    waiter.say("\n");
    CHECK(waiter.wait().status() == 0);
}

TEST_CASE("a reason that is too long is refused") {
    RedisServers servers{1};
    hold(servers, record(1, 10s));
    const Finished refused = force(servers, {"--yes", "--reason", std::string(201, 'x')});
    CHECK(refused.status() == 64);
    CHECK(refused.err == "holdfast: --reason has at most 200 bytes, this one has 201\n");
    CHECK(held(servers) != "(nil)");
    CHECK(force(servers, {"--yes", "--reason", std::string(200, 'x')}).status() == 0);
}

TEST_CASE("--dry-run does nothing, and ends as it would without") {
    RedisServers servers{3};
    CHECK(force(servers, {"--dry-run"}).status() == 1);
    const std::string theirs = record(1, 10s);
    hold(servers, theirs);
    const Finished dry = force(servers, {"--dry-run"});
    CHECK(dry.status() == 0);
    CHECK(dry.out.ends_with("\nwithout --dry-run it would be taken away from backup (root@web1, pid 1)\n"));
    CHECK(held(servers) == theirs);
    CHECK(servers[0].text({"KEYS", "*void*"}).empty());
    CHECK(force(servers, {"--dry-run", "--older-than", "1h"}).status() == 1);
}

TEST_CASE("--older-than spares who has the lock for less time, or nobody knows for how long") {
    RedisServers servers{1};
    const auto spared = [&](const std::string& value, const std::string& older_than, const std::string& why) {
        hold(servers, value);
        const Finished done = force(servers, {"--yes", "--older-than", older_than});
        CHECK(done.status() == 1);
        CAPTURE(done.out);
        CHECK(done.out.find("\nnothing was done, as --older-than " + older_than + " asks: " + why) !=
              std::string::npos);
        CHECK(held(servers) == value);
    };
    spared(record(1, 1h + 30s), "2h", "it is held for 1h only, by the clocks of its host and of this one\n");
    spared("550e8400", "1s", "its holder does not say since when it has it\n");
    spared(record(1, -1h), "1s", "by the clock of its host it is held since ");
    hold(servers, record(1, 2h + 30s));
    CHECK(force(servers, {"--yes", "--older-than", "2h"}).status() == 0);
    CHECK(held(servers) == "(nil)");
    const Finished refused = force(servers, {"--yes", "--older-than", "long"});
    CHECK(refused.status() == 64);
    CHECK(refused.err ==
          "holdfast: --older-than 'long' is not a duration of at most 365d, as in 500ms, 30s, 5m, 1h30m\n");
}

TEST_CASE("at a terminal force-release asks, and only a yes is one") {
    User user{1};
    const std::string theirs = record(1, 2h + 30s);
    for (const char* no : {"n\r", "\r", "yikes\r", "\x04"}) { // the last is Ctrl-D
        CAPTURE(no);
        hold(user.servers, theirs);
        user.ask();
        user.shell.say(no);
        user.shell.wait_for("nothing was done\r\n");
        CHECK(user.shell.wait_for_prompt() == 1);
        CHECK(held(user.servers) == theirs);
    }
    user.ask();
    user.shell.say(ctrl_c);
    CHECK(user.shell.wait_for_prompt() == 128 + SIGINT);
    CHECK(held(user.servers) == theirs);
    for (const char* yes : {"y\r", "Y\r", "yes\r"}) {
        hold(user.servers, record(1, 2h + 30s));
        user.ask();
        user.shell.say(yes);
        user.shell.wait_for("taken away from backup (root@web1, pid 1)\r\n");
        CHECK(user.shell.wait_for_prompt() == 0);
        CHECK(held(user.servers) == "(nil)");
    }
}

TEST_CASE("what was typed before the question is no answer to it") {
    User user{1};
    const std::string theirs = record(1, 2h + 30s);
    hold(user.servers, theirs);
    user.shell.say("holdfast force-release x\ry\r");
    user.shell.wait_for("[y/N] ");
    user.shell.say("n\r");
    user.shell.wait_for("nothing was done\r\n");
    CHECK(user.shell.wait_for_prompt() == 1);
    CHECK(held(user.servers) == theirs);
}

TEST_CASE("who comes between the question and the answer keeps the lock") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        User user{n};
        hold(user.servers, record(1, 2h + 30s));
        user.ask();
        const std::string other = record(2, 0s);
        hold(user.servers, other);
        user.shell.say("y\r");
        user.shell.wait_for("x has another holder than backup (root@web1, pid 1) by now; nothing was done");
        CHECK(user.shell.wait_for_prompt() == 75);
        CHECK(held(user.servers) == other);

        hold(user.servers, record(1, 2h + 30s));
        user.ask();
        for (size_t i = 0; i < n; ++i) user.servers[i].command({"DEL", "holdfast:x"});
        user.shell.say("y\r");
        user.shell.wait_for("backup (root@web1, pid 1) has just let go: nothing to take away\r\n");
        CHECK(user.shell.wait_for_prompt() == 1);
    }
}

TEST_CASE("when most nodes go between the question and the answer the others' answers are shown") {
    User user{3};
    hold(user.servers, record(1, 2h + 30s));
    user.ask();
    for (const size_t i : {0U, 1U}) user.servers[i].kill();
    user.shell.say("y\r");
    user.shell.wait_for(user.servers[2].uri() + "  taken away");
    CHECK(user.shell.wait_for_prompt() == 69);
}

TEST_CASE("force-release does not claim that a script is told whose lock acquire took") {
    const RedisServer server;
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "x", "--node", server.uri()})).status() == 0);
    const Finished finished = finish(holdfast::test::holdfast({"force-release", "x", "--yes", "--node", server.uri()}));
    CHECK(finished.status() == 0);
    CHECK(finished.out.find("\n  acquire took it for a script, which is not told and goes on until it asks") !=
          std::string::npos);
}

} // namespace holdfast::test::force_release_test
