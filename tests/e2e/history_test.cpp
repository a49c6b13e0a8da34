// What history and metrics tell of the past, from what the nodes have written down.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>

namespace holdfast::test::history_test {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::string_view run_id = "0123456789abcdef0123456789abcdef";

Finished call(std::vector<std::string> words) {
    return finish(holdfast::test::holdfast(std::move(words)), {.environment = {{"TZ", "UTC"}}});
}

std::string log_of(const std::string& lock) { return fmt::format("holdfast:{0}:{{holdfast:{0}}}:log", lock); }

std::string record(std::string_view run, std::string_view more = "") {
    return fmt::format(R"({}.1 {{"v":1,"label":"backup","user":"root","host":"web1","pid":4242,"since":1,)"
                       R"("ttl_ms":30000{}}})",
                       run, more);
}

/// Writes a start into a server's log, at that time by its clock.
void start(const RedisServer& server, const std::string& lock, milliseconds at, std::string_view of) {
    server.command(
        {"XADD", log_of(lock), fmt::format("{}-0", at.count()), "start", of, "fence", "12", "waited", "1500"});
}

/// Writes an end of the run `id`.
void end(const RedisServer& server, const std::string& lock, milliseconds at, std::string_view how,
         std::string_view field, std::string_view value, std::string_view id = run_id) {
    server.command({"XADD", log_of(lock), fmt::format("{}-0", at.count()), "end", fmt::format("{}.1", id), "how", how,
                    "fence", "12", "held", "4000", field, value});
}

/// 2026-11-29T03:00:00Z
constexpr milliseconds three{1'795'921'200'000};

} // namespace

TEST_CASE("history tells who held a lock, since when, how long, and how that ended") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        for (size_t i = 0; i < n; ++i) {
            start(servers[i], "x", three, record(run_id));
            end(servers[i], "x", three + 4s, "ended", "status", "3");
        }
        const Finished shown = call({"history", "--node", servers.uris(), "x"});
        CHECK(shown.status() == 0);
        CHECK(shown.out == "BEGAN                      LOCK  WAITED  HELD  HOLDER                        END\n"
                           "2026-11-29 03:00:00 +0000  x     1.5s    4s    backup (root@web1, pid 4242)  exit 3\n"
                           "\n"
                           "1 run, 1 failed\n"
                           "waited 1.5s (median), 1.5s (longest); held 4s (median), 4s (longest)\n");
    }
}

TEST_CASE("a run whose holdfast is killed as soon as its command begins is in the history, on every node") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n, RedisServer::Listens::loopback};
        for (size_t i = 0; i < 10; ++i) {
            const std::string lock = fmt::format("x{}", i);
            const Finished killed = call({"run", "--node", servers.uris(), lock, "-c", "kill -9 $PPID"});
            CHECK(killed.status() == 128 + SIGKILL);
            const json runs = json::parse(call({"history", "--json", "--node", servers.uris(), lock}).out)["runs"];
            REQUIRE(runs.size() == 1);
            CHECK(runs[0]["result"] == "holds");
            for (size_t k = 0; k < n; ++k) CHECK(servers[k].command({"XLEN", log_of(lock)}).integer == 1);
        }
    }
}

TEST_CASE("acquire is in the history of each node that has granted the lock") {
    // A connection over TCP that ends with an answer unread drops what was not sent before.
    RedisServers servers{3, RedisServer::Listens::loopback};
    for (size_t i = 0; i < 30; ++i) {
        const std::string lock = fmt::format("x{}", i);
        CHECK(call({"acquire", "--node", servers.uris(), lock}).status() == 0);
        for (size_t k = 0; k < servers.size(); ++k) {
            const auto both_there = [&] {
                return servers[k].command({"EXISTS", log_of(lock), "holdfast:" + lock}).integer == 2;
            };
            CHECK(eventually(both_there));
        }
    }
}

TEST_CASE("a node that hangs when the command ends is told of the end all the same, and counts it once at most") {
    for (const std::string timeout : {"100ms", "500ms"}) {
        CAPTURE(timeout);
        RedisServer server;
        const std::string line = fmt::format("kill -STOP {}; exit 3", server.pid());
        CHECK(call({"run", "--node", server.uri(), "--ttl", "10s", "--node-timeout", timeout, "x", "-c", line})
                  .status() == 3);
        server.resume();
        json runs;
        const auto has_ended = [&] {
            runs = json::parse(call({"history", "--json", "--node", server.uri(), "x"}).out)["runs"];
            return runs[0]["result"] == "ended";
        };
        CHECK(eventually(has_ended));
        CHECK(runs.size() == 1);
        CHECK(server.text({"HGET", "holdfast:x:{holdfast:x}:stats", "failed"}) != "2");
    }
}

TEST_CASE("history --json has all of it, and no token") {
    RedisServer server;
    start(server, "x", three, record(run_id, R"(,"kind":"slots","slots":3,"slot":2)"));
    end(server, "x", three + 4s, "taken", "why", "joe@web2 has taken it away");
    const std::string out = call({"history", "--json", "--node", server.uri()}).out;
    CHECK(out.find(run_id) == std::string::npos);
    CHECK(json::parse(out) == json::parse(R"({"runs": [{
        "lock": "x", "kind": "slots", "slot": 2, "run": "0123456789ab", "label": "backup", "user": "root",
        "host": "web1", "pid": 4242, "fence": 12, "since": "2026-11-29T03:00:00.000Z",
        "ended_at": "2026-11-29T03:00:04.000Z", "gone_by": null, "waited_ms": 1500, "held_ms": 4000, "kept_ms": null,
        "result": "taken_away", "status": null, "signal": null, "reason": "joe@web2 has taken it away"}],
        "summary": {"runs": 1, "failed": 0, "not_started": 0, "lost": 0, "taken_away": 1, "vanished": 0, "holding": 0,
        "median_waited_ms": 1500, "longest_waited_ms": 1500, "median_held_ms": 4000, "longest_held_ms": 4000}})"));
}

TEST_CASE("a run is one of which a single node has the start or the end") {
    RedisServers servers{3};
    start(servers[0], "begun", three, record(run_id));
    end(servers[1], "told", three, "lost", "why", "no node answered");
    CHECK(has(call({"history", "--node", servers.uris(), "begun"}).out, "vanished"));
    const Finished told = call({"history", "--node", servers.uris(), "told"});
    CHECK(told.out.find("?       4s    ?       lost: no node answered\n") != std::string::npos);
}

TEST_CASE("a run without an end holds the lock while its record is there, and has vanished without it") {
    RedisServers servers{3};
    for (size_t i = 0; i < 3; ++i) start(servers[i], "x", three, record(run_id));
    const auto result = [&] {
        return json::parse(call({"history", "--json", "--node", servers.uris(), "x"}).out)["runs"][0];
    };
    CHECK(result()["result"] == "vanished");
    CHECK(result()["held_ms"].is_null());
    servers[2].command({"SET", "holdfast:x", record(run_id), "PX", "60000"});
    CHECK(result()["result"] == "holds");
    CHECK(result()["ended_at"].is_null());
    CHECK(call({"history", "--node", servers.uris()}).out.find("  holds it\n") != std::string::npos);
}

TEST_CASE("history shows the locks that match, all of them in the order of time") {
    RedisServer server;
    const std::vector<std::string> names{"deploy-a", "deploy-b", "nightly", "a*b"};
    for (size_t i = 0; i < names.size(); ++i) {
        const std::string run = fmt::format("ab{}", i);
        start(server, names[i], three - i * 1h, record(run));
        end(server, names[i], three - i * 1h + 4s, "ended", "status", "0", run);
    }
    const auto shown = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"history", "--json", "--node", server.uri()});
        std::string locks;
        const json found = json::parse(call(words).out);
        for (const json& run : found["runs"]) locks += run["lock"].get<std::string>() + " ";
        return locks;
    };
    CHECK(shown({}) == "a*b nightly deploy-b deploy-a ");
    CHECK(shown({"deploy-*"}) == "deploy-b deploy-a ");
    CHECK(shown({"nightly"}) == "nightly ");
    CHECK(shown({R"(a\*b)"}) == "a*b ");
    CHECK(shown({"deploy"}).empty());
}

TEST_CASE("history --since leaves out what was over before, and keeps what went on into that time") {
    RedisServer server;
    const milliseconds now = wall_time_since_epoch();
    start(server, "x", now - 5h, record("aa"));
    end(server, "x", now - 4h, "ended", "status", "0", "aa");
    start(server, "x", now - 3h, record("bb"));
    end(server, "x", now - 1h, "ended", "status", "0", "bb");
    const auto runs = [&](const char* since) {
        return json::parse(call({"history", "--json", "--since", since, "--node", server.uri()}).out)["runs"].size();
    };
    CHECK(runs("6h") == 2);
    CHECK(runs("2h") == 1);
    CHECK(runs("30m") == 0);
    CHECK(call({"history", "--since", "soon", "--node", server.uri()}).status() == 64);
}

TEST_CASE("history --chart shows time to the right, and --svg FILE writes it as a picture") {
    const TempDir folder;
    const std::string file = folder.file("history.svg");
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const milliseconds now = wall_time_since_epoch();
        for (size_t i = 0; i < n; ++i) {
            start(servers[i], "x", now - 2h, record(run_id));
            end(servers[i], "x", now - 1h, "lost", "why", "<no answer>");
        }
        const Finished shown = call({"history", "--chart", "--since", "4h", "--node", servers.uris()});
        CHECK(shown.status() == 0);
        CHECK(shown.out.find("\nx                                        [==================!\n") != std::string::npos);
        const Finished saved = call({"history", "--svg", file, "--node", servers.uris()});
        CHECK(saved.status() == 0);
        CHECK(saved.out.empty());
        const std::string svg = folder.read("history.svg");
        CHECK(svg.starts_with("<svg "));
        CHECK(svg.ends_with("</svg>\n"));
        CHECK(svg.find("lost: &lt;no answer&gt;") != std::string::npos);
        CHECK(call({"history", "--svg", "/dev/full", "--node", servers.uris()}).status() == 70);
    }
    CHECK(call({"history", "--chart", "--json", "--node", "redis://a"}).status() == 64);
}

TEST_CASE("of a log with very many entries history shows all that fit") {
    RedisServer server;
    server.command({"EVAL",
                    "for i = 1, 1000 do local run = string.format('%x.1', i) "
                    "redis.call('XADD', KEYS[1], i .. '-0', 'start', run .. ARGV[1], 'fence', i, 'waited', 0) "
                    "redis.call('XADD', KEYS[1], i .. '-1', 'end', run, 'how', 'ended', 'status', 0) end",
                    "1", log_of("x"), record("").substr(2)});
    const json found = json::parse(call({"history", "--json", "--node", server.uri()}).out);
    CHECK(found["summary"]["runs"] == 1000);
    CHECK(found["runs"][999]["fence"] == 1000);
}

TEST_CASE("what stands in a log that is no entry of ours hides none, and is printed safely") {
    RedisServer server;
    server.command({"XADD", log_of("x"), "1-0", "start", "nonsense"});
    server.command({"XADD", log_of("x"), "2-0", "end", "", "how", "ended"});
    start(server, "x", three, record(run_id, R"(,"more":"x")"));
    end(server, "x", three + 4s, "lost", "why", "\x1b]0;title\x07");
    server.command({"SET", log_of("y"), "no stream"});
    server.command({"XADD", "holdfast:z:{holdfast:other}:log", "1-0", "start", record(run_id)});
    const Finished shown = call({"history", "--node", server.uri()});
    CHECK(shown.out.find(R"(lost: \x1b]0;title\x07)") != std::string::npos);
    CHECK(shown.out.find("\n1 run, 1 lost\n") != std::string::npos);
    CHECK(shown.status() == 0);
}

TEST_CASE("of real runs each has one line, and status knows the last one") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const auto run = [&](std::vector<std::string> words) {
            return finish(run_on(servers.uris(), std::move(words)));
        };
        const auto status = [&] { return call({"status", "x", "--node", servers.uris()}).out; };
        CHECK(status() == "x is free\n  no run of holdfast:x is known\n");
        run({"x", "--", "true"});
        CHECK(status().find("x is free\n  last held by true (") == 0);
        CHECK(status().find(": exit 0\n") != std::string::npos);
        run({"x", "-c", "exit 3"});
        CHECK(status().find(": exit 3\n") != std::string::npos);
        run({"x", "--", "/nonexistent"});
        CHECK(status().find(": not started\n") != std::string::npos);
        Process robbed{run_on(servers.uris(), {"x", "-c", "echo started; exec sleep 60"})};
        robbed.wait_for_out("started");
        call({"force-release", "--yes", "--reason", "maintenance", "x", "--node", servers.uris()});
        CHECK(robbed.wait().status() == 79);
        CHECK(status().find(" has taken it away (force-release): maintenance (signal 15)\n") != std::string::npos);
        Process killed{
            run_on(servers.uris(), {"--ttl", "1s", "--grace", "0", "x", "-c", "echo started; exec sleep 60"})};
        killed.wait_for_out("started");
        killed.signal(SIGKILL);
        killed.wait();
        CHECK(eventually([&] { return status().find("x is free\n") == 0; }));
        CHECK(status().find("; it vanished\n") != std::string::npos);
        const json last = json::parse(call({"status", "--json", "x", "--node", servers.uris()}).out)["last"];
        CHECK(last["result"] == "vanished");
        CHECK(call({"history", "x", "--node", servers.uris()})
                  .out.find("\n5 runs, 1 failed, 1 not started, 1 taken away, 1 vanished\n") != std::string::npos);
        run({"--history", "off", "y", "--", "true"});
        CHECK(call({"history", "y", "--node", servers.uris()}).status() == 1);
    }
}

TEST_CASE("a lock that is only kept is no running job, for all who look at it") {
    for (const std::string& kind : {std::string{"--exclusive"}, std::string{"--slots=2"}}) {
        for (const std::string& way : {std::string{"--tree"}, std::string{"--no-scripts"}}) {
            if (kind != "--exclusive" && way == "--no-scripts") continue;
            CAPTURE(kind + way);
            RedisServers servers{3};
            finish(run_on(servers.uris(), {kind, way, "--min-hold", "50s", "--label", "nightly", "x", "--", "true"}));
            const auto shown = [&](std::vector<std::string> words) {
                words.insert(words.end(), {"--node", servers.uris()});
                return call(std::move(words));
            };
            CHECK(shown({"status", "x"}).out.find(", whose command ended ") != std::string::npos);
            CHECK(shown({"list"}).out.find(", whose command ended ") != std::string::npos);
            CHECK(shown({"list", "--older-than", "0"}).out.empty());
            const json lock = json::parse(shown({"status", "--json", "x"}).out);
            CHECK(lock["kept"] == true);
            CHECK(lock["holders"][0]["ended_at"].is_string());
            CHECK(lock["nodes_holding"] >= 2);
            CHECK(shown({"force-release", "--yes", "x"}).out.find("its command has ended, and --min-hold kept") !=
                  std::string::npos);
            CHECK(shown({"status", "x"}).status() == 1);
        }
    }
}

TEST_CASE("without history there is nothing to show, and without nodes nobody knows") {
    RedisServers servers{3};
    const Finished nothing = call({"history", "--node", servers.uris()});
    CHECK(nothing.status() == 1);
    CHECK(nothing.out.empty());
    CHECK(nothing.err == "holdfast: no runs\n");
    CHECK(call({"history", "nigthly", "--node", servers.uris()}).err ==
          "holdfast: no runs match 'nigthly'; '*nigthly*' matches a part of a name\n");
    CHECK(call({"history", "-q", "--node", servers.uris()}).err.empty());
    CHECK(call({"status", "night*", "--node", servers.uris()}).err ==
          "holdfast: 'night*' is the name of one lock, and no pattern; holdfast list 'night*' shows those that are "
          "held\n");
    for (size_t i = 0; i < 2; ++i) start(servers[i], "x", three, record(run_id));
    servers[2].kill();
    const Finished shown = call({"history", "--node", servers.uris()});
    CHECK(shown.status() == 0);
    CHECK(shown.out.find("vanished, by ") != std::string::npos);
    CHECK(shown.err.find("2 of 3 nodes answered") != std::string::npos);
    servers[1].kill();
    const Finished unknown = call({"history", "--node", servers.uris()});
    CHECK(unknown.status() == 69);
    CHECK(unknown.out.empty());
}

} // namespace holdfast::test::history_test
