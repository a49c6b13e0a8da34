// What a run tells machines: --status-fd and --log-format json.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <sstream>

namespace holdfast::test::report_test {
using nlohmann::json;

namespace {

struct Told {
    int status;
    json report;
};

/// holdfast run --status-fd 3 with these words, and what came out of descriptor 3.
Told told(const std::string& nodes, const std::string& words) {
    const TempDir folder;
    const Finished finished = finish({"/bin/sh", "-c",
                                      fmt::format("exec {} run --node {} --status-fd 3 {} 3>{}", HOLDFAST_BINARY, nodes,
                                                  words, folder.file("report"))});
    const std::string line = folder.read("report");
    REQUIRE(line.ends_with('\n'));
    REQUIRE(line.find('\n') == line.size() - 1);
    return {finished.status(), json::parse(line)};
}

std::vector<json> events(const std::string& text) {
    std::vector<json> all;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
    return all;
}

} // namespace

TEST_CASE("--status-fd tells the command's 79 from ours, and its signal from its status") {
    const RedisServer server;
    const Told theirs = told(server.uri(), "x sh -c 'exit 79'");
    CHECK(theirs.status == 79);
    CHECK(theirs.report["lock"] == "x");
    CHECK(theirs.report["result"] == "ended");
    CHECK(theirs.report["status"] == 79);
    CHECK(theirs.report["command_status"] == 79);
    CHECK(theirs.report["fence"].get<int64_t>() > 0);
    CHECK(theirs.report["waited_ms"].get<int64_t>() < 5000);
    CHECK(theirs.report["held_ms"].get<int64_t>() < 5000);
    CHECK_FALSE(theirs.report.contains("message"));

    const Told ours = told(server.uri(), fmt::format("--ttl 4s x -c 'redis-cli -s {} DEL holdfast:x; sleep 20'",
                                                     server.node().socket_path));
    CHECK(ours.status == 79);
    CHECK(ours.report["result"] == "lost");
    CHECK(ours.report["status"] == 79);

    const Told signaled = told(server.uri(), "x sh -c 'kill -TERM $$'");
    CHECK(signaled.report["result"] == "ended");
    CHECK(signaled.report["command_signal"] == SIGTERM);
    CHECK(signaled.report["status"] == 128 + SIGTERM);
    CHECK_FALSE(signaled.report.contains("command_status"));

    CHECK(told(server.uri(), "--max-hold 100ms x sleep 20").report["result"] == "timed_out");
}

TEST_CASE("--status-fd tells why nothing was run") {
    const RedisServer server;
    const Told missing = told(server.uri(), "x nowhere-to-be-found");
    CHECK(missing.report["result"] == "failed");
    CHECK(missing.report["status"] == 127);
    CHECK(missing.report["message"].get<std::string>().find("nowhere-to-be-found") != std::string::npos);
    const Told no_node = told("unix:///nowhere.sock", "-n x true");
    CHECK(no_node.report["result"] == "failed");
    CHECK(no_node.report["status"] == 69);
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    const Told held = told(server.uri(), "-n -E 0 x true");
    CHECK(held.status == 0);
    CHECK(held.report["result"] == "not_acquired");
    CHECK(held.report["status"] == 0);
}

TEST_CASE("--status-fd tells when and where the run was, and as whom others saw it") {
    const RedisServer server;
    const Told ran = told(server.uri(), "--label nightly x true");
    CHECK(ran.report["label"] == "nightly");
    CHECK_FALSE(ran.report["user"].get<std::string>().empty());
    CHECK_FALSE(ran.report["host"].get<std::string>().empty());
    CHECK(ran.report["pid"].get<int>() > 0);
    // Times of one form stand in their order.
    const std::vector<std::string> times{ran.report["started_at"], ran.report["ended_at"], ran.report["time"]};
    for (const std::string& time : times) CHECK((time.size() == 24 && time.starts_with("20") && time.ends_with("Z")));
    CHECK(std::ranges::is_sorted(times));
    const Told missing = told(server.uri(), "x nowhere-to-be-found");
    CHECK(missing.report["label"] == "nowhere-to-be-found");
    CHECK_FALSE(missing.report.contains("started_at"));
    CHECK_FALSE(missing.report.contains("ended_at"));
}

TEST_CASE("whoever does not get a lock is told who has it, in the report and in the events") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Process holder{run_on(servers.uris(), {"--label", "backup", "x", "-c", "echo started; read line"})};
        holder.wait_for_out("started");
        const Told refused = told(servers.uris(), "-n x true");
        CHECK(refused.report["result"] == "not_acquired");
        CHECK(refused.report["holder"]["label"] == "backup");
        CHECK(refused.report["holder"]["pid"] == holder.pid());
        const Finished waited = finish(run_on(servers.uris(), {"--log-format", "json", "-w", "300ms", "x", "true"}));
        for (const json& event : events(waited.err)) {
            CAPTURE(event.dump());
            if (event["event"] == "waiting" || event["event"] == "not_acquired")
                CHECK(event["holder"] == refused.report["holder"]);
        }
        CHECK(events(waited.err).back()["event"] == "not_acquired");
        holder.say("\n");
        holder.wait();
    }
}

TEST_CASE("a report that cannot be written is said, and the status stands") {
    const RedisServer server;
    const Finished full = finish(
        {"/bin/sh", "-c",
         fmt::format("{} run --node {} --status-fd 3 x sh -c 'exit 5' 3>/dev/full", HOLDFAST_BINARY, server.uri())});
    CHECK(full.status() == 5);
    CHECK(full.err == "holdfast: how the run ended could not be written to descriptor 3 (--status-fd): no space left "
                      "on device\n");
}

TEST_CASE("the status descriptor is ours and not the command's") {
    const RedisServer server;
    const TempDir folder;
    const Finished finished =
        finish({"/bin/sh", "-c",
                fmt::format("{} run --node {} --status-fd 3 x -c 'echo from the command >&3' 3>{}", HOLDFAST_BINARY,
                            server.uri(), folder.file("report"))});
    CHECK(finished.status() != 0);
    CHECK(json::parse(folder.read("report"))["result"] == "ended");
    for (const char* wrong : {"9", "x", "-1", "0x1"}) {
        const Finished refused = finish(run_on(server.uri(), {"--status-fd", wrong, "x", "true"}));
        CHECK(refused.status() == 64);
        CHECK(refused.err.starts_with(
            fmt::format("holdfast: --status-fd '{}' is not a descriptor open for writing", wrong)));
    }
    // In its place holdfast has a descriptor of its own.
    CHECK(finish({"/bin/sh", "-c",
                  fmt::format("{} run --node {} --status-fd 1 x true >&-", HOLDFAST_BINARY, server.uri())})
              .status() == 64);
    CHECK(finish({"/bin/sh", "-c",
                  fmt::format("{} run --node {} --status-fd 3 x true 3</dev/null", HOLDFAST_BINARY, server.uri())})
              .status() == 64);
}

TEST_CASE("with --log-format json each event is one object on a line") {
    const RedisServer server;
    const Finished finished = finish(run_on(server.uri(), {"--log-format", "json", "x", "sh", "-c", "echo theirs"}));
    CHECK(finished.status() == 0);
    CHECK(finished.out == "theirs\n");
    const std::vector<json> all = events(finished.err);
    REQUIRE(all.size() == 2);
    CHECK(all[0]["event"] == "acquired");
    CHECK(all[0]["lock"] == "x");
    CHECK(all[0]["fence"].get<int64_t>() > 0);
    CHECK(all[0]["waited_ms"].get<int64_t>() < 5000);
    CHECK(all[0]["time"].get<std::string>().ends_with("Z"));
    CHECK(all[1]["event"] == "released");
    CHECK(all[1]["held_ms"].get<int64_t>() < 5000);
}

TEST_CASE("waits, refusals and failures are events as well, and -q leaves the errors") {
    const RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    const Finished refused = finish(run_on(server.uri(), {"--log-format", "json", "-w", "100ms", "x", "true"}));
    const std::vector<json> all = events(refused.err);
    REQUIRE(all.size() >= 2);
    CHECK(all.front()["event"] == "waiting");
    CHECK(all.front()["holder"] == nullptr);
    CHECK(has(all.front()["message"].get<std::string>(), "a client that is not holdfast"));
    CHECK(all.front()["reason"] == "held");
    CHECK(all.back()["event"] == "not_acquired");
    CHECK(all.back()["status"] == 75);
    CHECK(all.back()["holder"] == nullptr);
    const Finished failed = finish(run_on("unix:///nowhere.sock", {"-q", "-n", "x", "true"}),
                                   {.environment = {{"HOLDFAST_LOG_FORMAT", "json"}}});
    REQUIRE(events(failed.err).size() == 1);
    CHECK(events(failed.err)[0]["event"] == "failed");
    CHECK(events(failed.err)[0]["status"] == 69);
    const Finished waited =
        finish(run_on("unix:///nowhere.sock", {"-q", "--log-format", "json", "-w", "500ms", "x", "true"}));
    REQUIRE(events(waited.err).size() == 2);
    CHECK(events(waited.err)[0]["event"] == "waiting");
    CHECK(events(waited.err)[0]["reason"] == "too_few_nodes");
    CHECK(finish(run_on(server.uri(), {"-q", "--log-format", "json", "y", "true"})).err == "");
}

} // namespace holdfast::test::report_test
