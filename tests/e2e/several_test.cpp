// One run that holds several locks.
#include "support/cluster.hpp"
#include "support/holdfast.hpp"
#include "support/slow_path.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <sstream>

namespace holdfast::test::several_test {

using namespace std::chrono_literals;

namespace {

bool exists(const RedisServer& server, const std::string& key) { return server.text({"EXISTS", key}) == "1"; }

bool waits_for_b(const RedisServer& server) { return exists(server, "holdfast:b:{holdfast:b}:queue"); }

std::string take_away(const RedisServer& server, const std::string& name) {
    return finish(holdfast::test::holdfast({"force-release", "--yes", "--node", server.uri(), name})).err;
}

/// The score of the only waiter for b: its place by the node's clock.
double ticket(const RedisServer& server) {
    const std::string queue = "holdfast:b:{holdfast:b}:queue";
    const Reply waiters = server.command({"ZRANGE", queue, "0", "-1"});
    REQUIRE(waiters.items.size() == 1);
    return std::stod(server.text({"ZSCORE", queue, waiters.items[0].text}));
}

/// The next fence numbers of b are larger than any of a.
void let_fences_differ(const RedisServer& server) {
    server.command({"SET", "holdfast:b:{holdfast:b}:fence", "4000000000000"});
}

void hold_elsewhere(const RedisServer& server, const std::string& name) {
    REQUIRE(server.text({"SET", "holdfast:" + name, "other", "PX", "60000"}) == "OK");
}

/// How often a loop over the two locks is run.
int rounds() {
    const char* wanted = std::getenv("SEVERAL_ROUNDS"); // NOLINT(concurrency-mt-unsafe): no thread yet
    return wanted == nullptr ? 60 : std::atoi(wanted);
}

/// Runs the locks again and again. The command takes the kernel's lock for each, without waiting for it.
std::vector<std::string> loop(const std::string& nodes, const TempDir& dir, const std::string& one,
                              const std::string& other) {
    return {"sh", "-c",
            fmt::format("for i in $(seq {}); do {} run -q --node {} {},{} -- flock -n {} flock -n {} true || "
                        "exit 1; done",
                        rounds(), HOLDFAST_BINARY, nodes, one, other, dir.file(one), dir.file(other))};
}

} // namespace

TEST_CASE("whatever order is typed, no two runs wait for each other, and no two have one lock") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        const RedisServers servers{n};
        const TempDir dir;
        std::vector<Process> loops;
        loops.emplace_back(loop(servers.uris(), dir, "a", "b"));
        loops.emplace_back(loop(servers.uris(), dir, "b", "a"));
        loops.emplace_back(loop(servers.uris(), dir, "c", "b"));
        loops.emplace_back(loop(servers.uris(), dir, "c", "a"));
        for (Process& one : loops) {
            const BootTime end = BootClock::now() + rounds() * 500ms;
            while (one.running() && BootClock::now() < end) std::this_thread::sleep_for(20ms);
            const Finished done = one.wait();
            CHECK(done.status() == 0);
        }
    }
}

TEST_CASE("if one lock is not to be had, none is kept") {
    const RedisServer server;
    hold_elsewhere(server, "b");
    SUBCASE("without a wait") {
        const Finished done = finish(run_on(server.uri(), {"-n", "c,b,a", "true"}));
        CHECK(done.status() == 75);
        CHECK(done.err.starts_with("holdfast: b is held by a client that is not holdfast; "));
        CHECK(done.err.ends_with("; the command was not run\n"));
    }
    SUBCASE("the limit is one for all") {
        const BootTime start = BootClock::now();
        const Finished done = finish(run_on(server.uri(), {"-w", "700ms", "c,b,a", "true"}));
        CHECK(done.status() == 75);
        CHECK(has(done.err, "holdfast: waiting for up to 700ms: b is held by a client that is not holdfast"));
        CHECK(has(done.err, "; gave up after 700ms (-w), the command was not run\n"));
        CHECK(BootClock::now() - start >= 700ms);
        CHECK_FALSE(waits_for_b(server));
    }
    SUBCASE("a signal ends the wait") {
        Process run{run_on(server.uri(), {"a,b", "true"})};
        REQUIRE(eventually([&] { return waits_for_b(server); }));
        CHECK(exists(server, "holdfast:a"));
        run.signal(SIGTERM);
        CHECK(run.wait().signal() == SIGTERM);
        CHECK_FALSE(waits_for_b(server));
    }
    CHECK_FALSE(exists(server, "holdfast:a"));
    CHECK_FALSE(exists(server, "holdfast:c"));
}

TEST_CASE("the loss of one lock ends the command, and the others are let go") {
    const RedisServer server;
    Process run{run_on(server.uri(), {"c,b,a", "-c", "echo started; sleep 60"})};
    run.wait_for_out("started");
    for (const std::string name : {"a", "b", "c"}) CHECK(exists(server, "holdfast:" + name));
    const BootTime taken = BootClock::now();
    REQUIRE(take_away(server, "b") == "");
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(BootClock::now() - taken < 6s); // by a message: the next renewal would be ten seconds later
    CHECK(has(done.err, "holdfast: the lock is lost, stopping the command: b: "));
    CHECK(has(done.err, " has taken it away (force-release)\n"));
    for (const std::string name : {"a", "b", "c"}) CHECK_FALSE(exists(server, "holdfast:" + name));
}

TEST_CASE("what is held outlives its TTL while the next lock is waited for") {
    const RedisServer server;
    hold_elsewhere(server, "b");
    Process run{run_on(server.uri(), {"--ttl", "1500ms", "--grace", "100ms", "a,b", "echo", "in"})};
    REQUIRE(eventually([&] { return exists(server, "holdfast:a"); }));
    const std::string record = server.text({"GET", "holdfast:a"});
    std::this_thread::sleep_for(3s);
    CHECK(server.text({"GET", "holdfast:a"}) == record);
    server.command({"DEL", "holdfast:b"});
    const Finished done = run.wait();
    CHECK(done.out == "in\n");
    CHECK_FALSE(has(done.err, "lost"));
}

TEST_CASE("a lock lost while the next is waited for is taken anew, from the same place in line") {
    const RedisServer server;
    hold_elsewhere(server, "b");
    Process run{run_on(server.uri(), {"--ttl", "3s", "--grace", "100ms", "a,b", "echo", "in"})};
    REQUIRE(eventually([&] { return waits_for_b(server); }));
    const double place = ticket(server);
    const std::string first = server.text({"GET", "holdfast:a"});
    std::this_thread::sleep_for(500ms);
    std::string why;
    SUBCASE("a message tells") {
        REQUIRE(take_away(server, "a") == "");
        why = " has taken it away (force-release)\n";
    }
    SUBCASE("the next round finds out") {
        server.command({"DEL", "holdfast:a"});
        why = "the nodes no longer grant it\n";
    }
    run.wait_for_err("holdfast: a lock was lost while the others were taken, so all are taken anew: ");
    run.wait_for_err(why);
    REQUIRE(eventually([&] { return exists(server, "holdfast:a") && waits_for_b(server); }));
    CHECK(server.text({"GET", "holdfast:a"}) != first);
    CHECK(std::abs(ticket(server) - place) < 100);
    server.command({"DEL", "holdfast:b"});
    const Finished done = run.wait();
    CHECK(done.status() == 0);
    CHECK(done.out == "in\n");
}

TEST_CASE("with -n locks that cannot be held together are tried once more, and refused in words") {
    const RedisServer server;
    const SlowPath path{server.node(), 150ms};
    std::string names = "a";
    for (char name = 'b'; name <= 'n'; ++name) names += fmt::format(",{}", name);
    // To renew them takes longer than the TTL.
    const Finished done = finish(run_on(path.node().display(), {"-n", "--ttl", "1500ms", "--grace", "50ms",
                                                                "--node-timeout", "350ms", names, "echo", "in"}));
    CAPTURE(done.err);
    CHECK(done.status() == 69);
    CHECK(done.out == "");
    CHECK(done.err.starts_with("holdfast: a lock was lost while the others were taken, so all are taken anew: "));
    CHECK(has(done.err, "\nholdfast: a lock was lost again while the others were taken: "));
    CHECK(has(done.err, "; the command was not run\n"));
    CHECK(eventually([&] { return !exists(server, "holdfast:a"); }));
}

TEST_CASE("the command finds its locks in the order typed, and verify looks at all of them") {
    const RedisServer server;
    let_fences_differ(server);
    const std::string script =
        fmt::format("echo $HOLDFAST_LOCK $HOLDFAST_KEY; echo $HOLDFAST_TOKEN $HOLDFAST_FENCE; echo $HOLDFAST_HELD; "
                    "{0} verify; echo all $?; {0} verify b,a; echo same $?; {0} verify a; echo a $?; "
                    "redis-cli -s {1} DEL holdfast:a > {1}.out; "
                    "{0} verify -q; echo all $?; {0} verify b; echo b $?; {0} verify -q a; echo a $?; "
                    "{0} verify -q c; echo c $?",
                    HOLDFAST_BINARY, server.node().socket_path);
    const Finished run = finish(run_on(server.uri(), {"--ttl", "60s", "--on-lost", "ignore", "b,a", "-c", script}));
    std::istringstream lines{run.out};
    std::string line;
    std::getline(lines, line);
    CHECK(line == "b,a holdfast:b,holdfast:a");
    std::getline(lines, line);
    // One run has one id, and the locks were taken in the order of their names.
    const std::string run_id = line.substr(0, 32);
    CHECK(line.starts_with(run_id + ".1," + run_id + ".1 "));
    const std::string fences = line.substr(line.rfind(' ') + 1);
    CHECK(std::stoll(fences) > std::stoll(fences.substr(fences.find(',') + 1)));
    std::getline(lines, line);
    CHECK(std::ranges::count(line, ' ') == 1);
    CHECK(has(line, run_id + ".1:holdfast:a@"));
    CHECK(has(line, run_id + ".1:holdfast:b@"));
    CHECK(std::string{std::istreambuf_iterator<char>{lines}, {}} == "all 0\nsame 0\na 0\nall 79\nb 0\na 79\nc 64\n");
}

TEST_CASE("a run inside may hold none of the names once more") {
    const RedisServer server;
    const Finished run = finish(
        run_on(server.uri(),
               {"a,b", "-c", fmt::format("{0} run c,b true; echo $?; {0} run c,d true; echo $?", HOLDFAST_BINARY)}));
    CHECK(run.out == "64\n0\n");
    CHECK(run.err.starts_with("holdfast: b is held by a run around this one (pid "));
}

TEST_CASE("names that cannot be taken together are refused in words") {
    const RedisServer server;
    const auto refused = [&](const std::string& command, const std::string& names) {
        const Finished done = finish(
            holdfast::test::holdfast({command, "--node", server.uri(), names, command == "run" ? "true" : "-q"}));
        CHECK(done.status() == 64);
        return done.err;
    };
    for (const std::string names : {"a,", ",a", "a,,b", ","})
        CHECK(refused("run", names) == fmt::format("holdfast: in '{}' a name is empty; write a name on each side of a "
                                                   "comma, as in: a,b\n",
                                                   names));
    CHECK(refused("run", "a,b,a") == "holdfast: 'a,b,a' names a twice; a run would wait for itself\n");
    CHECK(has(refused("run", "a,b{c}"), "'b{c}' cannot name a lock"));
    CHECK(has(refused("run", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"), "a run takes at most 16 locks"));
    CHECK(has(refused("acquire", "a,b"), "'a,b' has a comma, which is no part of a name"));
}

TEST_CASE("a lock of others whose name has a comma is seen and taken away as ever") {
    const RedisServer server;
    hold_elsewhere(server, "a,b");
    const auto told = [&](std::vector<std::string> words) {
        words.insert(words.begin() + 1, {"--node", server.uri()});
        return finish(holdfast::test::holdfast(std::move(words)));
    };
    CHECK(told({"status", "a,b"}).status() == 0);
    CHECK(told({"verify", "--token", std::string(32, 'a') + ".1", "a,b"}).status() == 79);
    CHECK(told({"force-release", "--yes", "a,b"}).status() == 0);
    CHECK(told({"status", "a,b"}).status() == 1);
    // The variables of an earlier holdfast, which had one token for it.
    hold_elsewhere(server, "a,b");
    const Finished verify =
        finish(holdfast::test::holdfast({"verify", "--node", server.uri()}),
               {.environment = {{"HOLDFAST_LOCK", "a,b"}, {"HOLDFAST_TOKEN", std::string(32, 'a') + ".1"}}});
    CHECK(verify.status() == 79);
    CHECK(verify.err.starts_with("holdfast: a,b is not held with this token"));
}

TEST_CASE("machines are told of each lock") {
    const RedisServer server;
    let_fences_differ(server);
    hold_elsewhere(server, "b");
    Process run{run_on(server.uri(), {"--log-format", "json", "--status-fd", "1", "b,a", "true"})};
    run.wait_for_err(
        R"("event":"waiting","lock":"b","message":"waiting without limit (-w DURATION sets one): b is held)");
    server.command({"DEL", "holdfast:b"});
    const Finished done = run.wait();
    const auto report = nlohmann::json::parse(done.out);
    CHECK(report["lock"] == "b,a");
    CHECK_FALSE(report.contains("fence"));
    REQUIRE(report["locks"].size() == 2);
    CHECK(report["locks"][0]["name"] == "b");
    CHECK(report["locks"][1]["name"] == "a");
    CHECK(report["locks"][0]["fence"] > report["locks"][1]["fence"]);
    for (const std::string name : {"a", "b"}) {
        CHECK(has(done.err, fmt::format(R"("event":"acquired","lock":"{}")", name)));
        CHECK(has(done.err, fmt::format(R"("event":"released","lock":"{}")", name)));
    }
}

TEST_CASE("each lock is kept for as long as --min-hold says") {
    const RedisServer server;
    CHECK(finish(run_on(server.uri(), {"--min-hold", "20s", "a,b", "true"})).status() == 0);
    for (const std::string key : {"holdfast:a", "holdfast:b"}) {
        CHECK(std::stoi(server.text({"PTTL", key})) > 10'000);
        CHECK(std::stoi(server.text({"PTTL", key})) <= 20'000);
    }
}

TEST_CASE("all locks of a run go over one connection") {
    const RedisServer server;
    Process run{run_on(server.uri(), {"a,b,c,d,e,f,g,h", "-c", "echo started; read line"})};
    run.wait_for_out("started");
    // Renewed, and told of what is taken away.
    REQUIRE(eventually([&] { return server.command({"PUBSUB", "CHANNELS"}).items.size() == 8; }));
    const std::string clients = server.text({"CLIENT", "LIST"});
    CHECK(std::ranges::count(clients, '\n') == 2); // the run, and who asks
    run.say("\n");
    CHECK(run.wait().status() == 0);
}

TEST_CASE("a node that hangs costs no lock, however many there are") {
    RedisServers servers{3};
    std::vector<std::string> keys;
    std::string names;
    for (char name = 'a'; name < 'm'; ++name) {
        names += fmt::format("{}{}", names.empty() ? "" : ",", name);
        keys.push_back(fmt::format("holdfast:{}", name));
    }
    // If each lock waited for the node, one round would take longer than the TTL.
    Process run{run_on(servers.uris(),
                       {"-v", "--ttl", "3s", "--grace", "100ms", names, "-c", "echo started; sleep 9.5; echo ended"})};
    run.wait_for_out("started");
    servers[0].pause();
    const Finished done = run.wait();
    CHECK(done.status() == 0);
    CHECK(has(done.out, "ended"));
    CHECK_FALSE(has(done.err, "lost"));
    for (const std::string& key : keys)
        for (const size_t i : {1U, 2U}) CHECK_FALSE(exists(servers[i], key));
    // What it was told while it hung it does when it wakes.
    servers[0].resume();
    for (const std::string& key : keys) CHECK(eventually([&] { return !exists(servers[0], key); }));
}

TEST_CASE("over a cluster each lock is asked for where its key is") {
    Cluster cluster{3};
    // On three different masters.
    std::vector<std::string> names;
    for (size_t owner = 0; owner < 3; ++owner)
        for (int i = 0; names.size() == owner; ++i)
            if (const std::string name = fmt::format("n{}", i); cluster.first_owner("holdfast:" + name) == owner)
                names.push_back(name);
    const std::string all = fmt::format("{},{},{}", names[2], names[0], names[1]);
    Process run{run_on(cluster.uri(), {"--ttl", "3s", "--grace", "100ms", all, "-c", "echo started; sleep 60"})};
    run.wait_for_out("started");
    std::this_thread::sleep_for(4s); // more than a TTL
    REQUIRE(run.running());
    REQUIRE(finish(holdfast::test::holdfast({"force-release", "--yes", "--node", cluster.uri(), names[1]})).status() ==
            0);
    CHECK(run.wait().status() == 79);
    for (size_t i = 0; i < 3; ++i) CHECK_FALSE(exists(cluster[i], "holdfast:" + names[i]));
}

} // namespace holdfast::test::several_test
