// Shared locks and slots. The kernel judges: a command takes a lock of flock(1) without waiting for it, so that the
// command fails if it runs beside one that it excludes.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <csignal>
#include <set>
#include <sstream>

namespace holdfast::test::kinds_test {

using Words = std::vector<std::string>;

namespace {

const std::string queue = "holdfast:x:{holdfast:x}:queue";

Words joined(Words first, const Words& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
}

Finished call(const std::string& nodes, Words words, ProcessOptions options = {}) {
    options.environment.emplace("HOLDFAST_NODES", nodes);
    return finish(holdfast::test::holdfast(std::move(words)), std::move(options));
}

/// Nodes, and a file of which the kernel keeps locks.
struct Scene {
    RedisServers servers;
    TempDir dir;

    explicit Scene(size_t nodes) : servers{nodes} {}

    /// A shell's command that holds the kernel's lock of that way around `inside`.
    std::string judged(const std::string& way, const std::string& inside) const {
        return fmt::format("flock -{}n {}$HOLDFAST_SLOT sh -c '{}'", way, dir.file("judge"), inside);
    }
    /// A holder whose command says "in RUN.ATTEMPT SLOT", and stays until its input has a line.
    Process start(const Words& kind, const std::string& way) const {
        return Process{joined(run_on(servers.uris(), kind),
                              {"x", "-c", judged(way, "echo in $HOLDFAST_TOKEN $HOLDFAST_SLOT; read line")})};
    }
    Process reader() const { return start({"--shared"}, "s"); }
    Finished try_now(const Words& options) const {
        return finish(joined(run_on(servers.uris(), options), {"-n", "x", "true"}));
    }
    bool in_line(int waiters) {
        return eventually([&] { return servers[0].text({"ZCARD", queue}) == std::to_string(waiters); });
    }
};

int end(Process& holder) {
    holder.say("\n");
    return holder.wait().status();
}

} // namespace

TEST_CASE("readers hold the lock together, and a writer waits for all of them") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        std::array readers{scene.reader(), scene.reader(), scene.reader()};
        for (Process& reader : readers) reader.wait_for_out("in ");
        const Finished refused = scene.try_now({});
        CHECK(refused.status() == 75);
        CHECK(refused.err.starts_with("holdfast: x is held by 3 (oldest: sh ("));
        CHECK(refused.err.ends_with(" unless they are renewed; the command was not run\n"));
        CHECK(scene.try_now({"--slots", "2"}).err.starts_with("holdfast: x is held by 3 (oldest: sh ("));
        Process writer{run_on(scene.servers.uris(), {"x", "-c", scene.judged("x", "true")})};
        REQUIRE(scene.in_line(1));
        for (Process& reader : readers) CHECK(end(reader) == 0);
        CHECK(writer.wait().status() == 0);
    }
}

TEST_CASE("readers that come behind a waiting writer wait for it, and are let in together") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        Process first = scene.reader();
        first.wait_for_out("in ");
        Process writer = scene.start({}, "x");
        REQUIRE(scene.in_line(1));
        const Finished refused = scene.try_now({"--shared"});
        CHECK(refused.status() == 75);
        CHECK(refused.err.starts_with("holdfast: x has room, but others wait for it; the first of them is sh ("));
        std::array late{scene.reader(), scene.reader()};
        REQUIRE(scene.in_line(3));
        CHECK(end(first) == 0);
        writer.wait_for_out("in ");
        CHECK(end(writer) == 0);
        for (Process& reader : late) reader.wait_for_out("in ");
        for (Process& reader : late) CHECK(end(reader) == 0);
    }
}

TEST_CASE("with slots at most so many run, each with a number of its own") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        const std::string note = fmt::format("echo $HOLDFAST_SLOT >>{}; sleep 0.05", scene.dir.file("slots"));
        std::vector<Process> all;
        for (int i = 0; i < 6; ++i)
            all.emplace_back(run_on(scene.servers.uris(), {"--slots", "2", "x", "-c", scene.judged("x", note)}));
        for (Process& one : all) CHECK(one.wait().status() == 0);
        std::istringstream in{scene.dir.read("slots")};
        const std::multiset<std::string> slots{std::istream_iterator<std::string>{in}, {}};
        CHECK(slots.size() == 6);
        CHECK(slots.count("1") + slots.count("2") == 6);
    }
}

TEST_CASE("when all slots are held one that does not wait is told so, and one that waits gets the one that is left") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        std::array holders{scene.start({"--slots", "2"}, "x"), scene.start({"--slots", "2"}, "x")};
        for (Process& holder : holders) holder.wait_for_out("in ");
        const Finished refused = scene.try_now({"--slots", "2"});
        CHECK(refused.status() == 75);
        CHECK(refused.err.starts_with("holdfast: all 2 slots of x are held (oldest: sh ("));
        for (const Words& other : {Words{}, Words{"--shared"}})
            CHECK(scene.try_now(other).err.starts_with("holdfast: all 2 slots of x are held (oldest: sh ("));
        Process waiter = scene.start({"--slots", "2"}, "x");
        REQUIRE(scene.in_line(1));
        CHECK(end(holders[0]) == 0);
        waiter.wait_for_out("in ");
        CHECK(end(waiter) == 0);
        CHECK(end(holders[1]) == 0);
        CHECK(scene.servers[0].text({"KEYS", "*members*"}).empty());
    }
}

TEST_CASE("a holder with another number of slots is a mistake, and both numbers are said") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        Process holder = scene.start({"--slots", "2"}, "x");
        holder.wait_for_out("in ");
        const Finished refused = finish(run_on(scene.servers.uris(), {"--slots", "3", "x", "true"}));
        CHECK(refused.status() == 78);
        CHECK(has(refused.err,
                  ") with --slots 2, and here it is --slots 3; every user of the lock has to give the same "
                  "number"));
        CHECK(end(holder) == 0);
    }
}

TEST_CASE("a holder with another number of slots that has let go on a majority of the nodes is in nobody's way") {
    Scene scene{3};
    Process holder = scene.start({"--slots", "2"}, "x");
    holder.wait_for_out("in ");
    // To one node the release comes late, and that node answers first.
    RedisServer& late = scene.servers[0];
    const std::vector<std::string> keys{"holdfast:x", "holdfast:x:{holdfast:x}:members",
                                        "holdfast:x:{holdfast:x}:records"};
    for (const std::string& key : keys) REQUIRE(late.text({"COPY", key, "late:" + key}) == "1");
    CHECK(end(holder) == 0);
    for (const std::string& key : keys) REQUIRE(late.text({"RENAME", "late:" + key, key}) == "OK");
    const auto scripts = [&] {
        return late.text({"INFO", "commandstats"}).find("cmdstat_evalsha:") != std::string::npos;
    };
    late.command({"CONFIG", "RESETSTAT"});
    for (const size_t node : {1U, 2U}) scene.servers[node].pause();
    Process next{
        run_on(scene.servers.uris(), {"-n", "--node-timeout", "5s", "--ttl", "60s", "--slots", "3", "x", "true"})};
    REQUIRE(eventually(scripts));
    for (const size_t node : {1U, 2U}) scene.servers[node].resume();
    CHECK(next.wait().status() == 0);
}

TEST_CASE("without scripts there are no groups, and the sentence says what they need") {
    Scene scene{1};
    for (const Words& kind : {Words{"--shared"}, Words{"--slots", "2"}}) {
        const Finished meant = scene.try_now(joined({"--no-scripts"}, kind));
        CHECK(meant.status() == 78);
        CHECK(meant.err ==
              "holdfast: --shared and --slots need Lua scripts on the nodes, which --no-scripts rules out; "
              "leave --no-scripts out, or take the lock exclusively\n");
    }
    scene.servers[0].command({"ACL", "SETUSER", "default", "-eval", "-evalsha"});
    for (const Words& kind : {Words{"--shared"}, Words{"--slots", "2"}}) {
        const Finished refused = scene.try_now(kind);
        CHECK(refused.status() == 78);
        CHECK(refused.err.starts_with(
            "holdfast: --shared, --slots and --once-in need Lua scripts, and too few nodes run them"));
    }
    CHECK(scene.try_now({}).status() == 0);
}

TEST_CASE("a member whose node runs no scripts any more is not said to have let go") {
    Scene scene{1};
    Process reader = scene.reader();
    reader.wait_for_out("in ");
    scene.servers[0].command({"ACL", "SETUSER", "default", "-eval", "-evalsha"});
    reader.say("\n");
    const Finished ended = reader.wait();
    CHECK(ended.status() == 0);
    CHECK(ended.err.starts_with("holdfast: too few nodes confirmed the release of x; it may stay held for up to "));
}

TEST_CASE("what a failed attempt has left on one node of three is no holder to force-release") {
    Scene scene{3};
    Process holder = scene.start({}, "x");
    holder.wait_for_out("in ");
    const std::string left = fmt::format("{}.1 {{\"v\":1,\"host\":\"web9\",\"nodes\":3}}", std::string(32, 'a'));
    scene.servers[0].command({"SET", "holdfast:x", left, "PX", "20000"});
    const Finished taken = call(scene.servers.uris(), {"force-release", "--yes", "x"});
    CAPTURE(taken.err);
    CHECK(taken.status() == 0);
    CHECK(holder.wait().status() == 79);
}

TEST_CASE("with -n a slot behind another kind in line is refused at once") {
    Scene scene{1};
    Process first = scene.start({"--slots", "2"}, "s");
    first.wait_for_out("in ");
    Process writer = scene.start({}, "x");
    REQUIRE(scene.in_line(1));
    const BootTime begin = BootClock::now();
    CHECK(scene.try_now({"--slots", "2"}).status() == 75);
    CHECK(BootClock::now() - begin < seconds{3}); // a split vote is tried again for four
    CHECK(end(first) == 0);
    writer.wait_for_out("in ");
    CHECK(end(writer) == 0);
}

TEST_CASE("plain SET NX PX and holders of each kind keep each other out") {
    const Words kinds[] = {{"-s"}, {"--slots", "2"}, {"-x"}};
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        const auto set_everywhere = [&](const std::string& answer) {
            for (size_t i = 0; i < n; ++i)
                CHECK(scene.servers[i].text({"SET", "holdfast:x", "plain", "NX", "PX", "60000"}) == answer);
        };
        for (const Words& kind : kinds) {
            Process holder = scene.start(kind, "s");
            holder.wait_for_out("in ");
            set_everywhere("(nil)");
            CHECK(end(holder) == 0);
        }
        set_everywhere("OK");
        for (const Words& kind : kinds) {
            const Finished refused = scene.try_now(kind);
            CHECK(refused.status() == 75);
            CHECK(refused.err.starts_with("holdfast: x is held by a client that is not holdfast; it expires in "));
        }
    }
}

TEST_CASE("--min-hold of a reader keeps writers out, and no other reader") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        REQUIRE(finish(run_on(scene.servers.uris(), {"-s", "--min-hold", "9s", "x", "true"})).status() == 0);
        CHECK(scene.try_now({}).status() == 75);
        CHECK(scene.try_now({"-s"}).status() == 0);
        const int left = std::stoi(scene.servers[0].text({"PTTL", "holdfast:x"}));
        CHECK(left > 4000);
        CHECK(left <= 9000);
    }
}

TEST_CASE("the place of a holder that vanished comes free when its TTL ends") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Scene scene{n};
        Process other = scene.start({"--slots", "2"}, "x");
        other.wait_for_out("in ");
        Process killed = scene.start({"--slots", "2", "--ttl", "2s"}, "x");
        killed.wait_for_out("in ");
        Process waiter = scene.start({"--slots", "2"}, "x");
        REQUIRE(scene.in_line(1));
        killed.signal(SIGKILL);
        waiter.wait_for_out("in ");
        CHECK(end(waiter) == 0);
        CHECK(end(other) == 0);
    }
}

TEST_CASE("what acquire took in either kind is verified, renewed and released by its token, beside others") {
    for (const size_t n : {1U, 3U})
        for (const Words& kind : {Words{"--shared"}, Words{"--slots", "2"}}) {
            CAPTURE(n);
            CAPTURE(kind.front());
            RedisServers servers{n};
            const auto on = [&](const Words& words) { return call(servers.uris(), words); };
            std::array<std::string, 2> tokens;
            for (std::string& token : tokens) {
                const Finished acquired = on(joined({"acquire", "x", "-w", "10s"}, kind));
                REQUIRE(acquired.status() == 0);
                token = acquired.out.substr(0, acquired.out.size() - 1);
            }
            CHECK(on({"acquire", "x", "-n"}).status() == 75);
            for (const std::string& token : tokens) CHECK(on({"verify", "x", "--token", token}).status() == 0);
            CHECK(on({"renew", "x", "--token", tokens[0], "--ttl", "50s"}).status() == 0);
            CHECK(std::stoi(servers[0].text({"PTTL", "holdfast:x"})) > 40000);
            CHECK(on({"release", "x", "--token", tokens[0]}).status() == 0);
            for (const char* command : {"verify", "renew", "release"})
                CHECK(on({command, "x", "--token", tokens[0]}).status() == 79);
            CHECK(on({"verify", "x", "--token", tokens[1]}).status() == 0);
            CHECK(std::stoi(servers[0].text({"PTTL", "holdfast:x"})) <= 30000);
            CHECK(on({"acquire", "x", "-n"}).status() == 75);
            CHECK(on({"release", "x", "--no-scripts", "--token", tokens[1]}).status() == 0);
            CHECK(servers[0].text({"EXISTS", "holdfast:x"}) == "0");
        }
}

TEST_CASE("acquire tells a script its slot") {
    const RedisServer server;
    const std::string script = fmt::format("eval \"$({0} acquire x --slots 1 --export --node {1})\" && {0} verify && "
                                           "echo $HOLDFAST_SLOT && {0} release x --token \"$HOLDFAST_TOKEN\"",
                                           HOLDFAST_BINARY, server.uri());
    CHECK(finish({"/bin/sh", "-c", script}).out == "1\n");
    // Nor does one stay that another lock had.
    const std::string next =
        fmt::format("HOLDFAST_SLOT=7; export HOLDFAST_SLOT; eval \"$({} acquire y --export --node {})\"; "
                    "echo ${{HOLDFAST_SLOT-none}}",
                    HOLDFAST_BINARY, server.uri());
    CHECK(finish({"/bin/sh", "-c", next}).out == "none\n");
    const Finished as_json = call(server.uri(), {"acquire", "x", "--slots", "1", "--json"});
    CHECK(nlohmann::json::parse(as_json.out)["slot"] == 1);
}

TEST_CASE("a kind is said once, in the words of flock as well, and HOLDFAST_SLOT is never inherited") {
    const RedisServer server;
    const std::string show = "echo \"<$HOLDFAST_SLOT>\"";
    for (const char* word : {"-s", "-x", "-e", "--shared", "--exclusive"})
        CHECK(call(server.uri(), {"run", word, "x", "-c", show}, {.environment = {{"HOLDFAST_SLOT", "7"}}}).out ==
              "<>\n");
    for (const Words& both : {Words{"-s", "-x"}, Words{"-s", "--slots", "2"}, Words{"-e", "--slots", "2"}}) {
        const Finished refused = call(server.uri(), joined(joined({"run"}, both), {"x", "true"}));
        CHECK(refused.status() == 64);
        CHECK(refused.err == "holdfast: --shared, --exclusive and --slots contradict each other; give one of them\n");
    }
    for (const char* number : {"0", "101", "two", "-1", "2x", ""}) {
        const Finished refused = call(server.uri(), {"acquire", "--slots", number, "x"});
        CHECK(refused.status() == 64);
        CHECK(refused.err == fmt::format("holdfast: --slots takes a number from 1 to 100, not '{}'\n", number));
    }
}

TEST_CASE("a lock around is refused inside, whatever the kinds are") {
    const RedisServer server;
    for (const char* outer : {"-s", "-x", "--slots=2"})
        for (const char* inner : {"-s", "-x", "--slots=2"}) {
            const Finished refused =
                call(server.uri(), {"run", outer, "x", HOLDFAST_BINARY, "run", inner, "x", "true"});
            CHECK(refused.status() == 64);
            CHECK(has(refused.err, "x is held by a run around this one"));
        }
}

} // namespace holdfast::test::kinds_test
