// What metrics tells a monitoring system of locks.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>

namespace holdfast::test::metrics_test {

using namespace std::chrono_literals;

namespace {

Finished metrics(const std::string& nodes, std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"metrics", "--node", nodes});
    return finish(holdfast::test::holdfast(std::move(words)));
}

void hold(const RedisServer& server, const std::string& name, milliseconds since, const std::string& run = "ab") {
    server.command({"SET", "holdfast:" + name,
                    fmt::format(R"({}.1 {{"v":1,"label":"backup","user":"root","host":"web1","pid":4242,"since":{},)"
                                R"("ttl_ms":30000}})",
                                run, since.count()),
                    "PX", "60000"});
    server.command({"SET", fmt::format("holdfast:{0}:{{holdfast:{0}}}:fence", name), "1700000000000"});
}

void count(const RedisServer& server, const std::string& name, std::string_view field, std::string_view value) {
    server.command({"HSET", fmt::format("holdfast:{0}:{{holdfast:{0}}}:stats", name), field, value});
}

/// The value of a metric of lock x; empty if there is none.
std::string value(const std::string& text, const std::string& metric, const std::string& lock = "x") {
    const std::string before = fmt::format("\nholdfast_lock_{}{{lock=\"{}\"}} ", metric, lock);
    const size_t at = text.find(before);
    if (at == std::string::npos) return "";
    return text.substr(at + before.size(), text.find('\n', at + 1) - at - before.size());
}

/// What is wrong with the text as Prometheus reads it; empty when nothing is.
std::string flaw(const std::string& text) {
    const std::regex comment{R"(# (HELP \w+ \S.*|TYPE \w+ (gauge|counter)))"};
    const std::regex sample{R"((\w+)\{lock="(?:[^"\\]|\\["\\n])*"\} \d+(\.\d+)?)"};
    std::set<std::string> metrics;
    std::set<std::string> samples;
    std::string metric;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = text.find('\n', begin);
        if (end == std::string::npos) return "the last line has no end";
        const std::string line = text.substr(begin, end - begin);
        begin = end + 1;
        std::smatch parts;
        if (line.starts_with("# HELP ")) {
            metric = line.substr(7, line.find(' ', 7) - 7);
            if (!metrics.insert(metric).second) return "twice: " + line;
        }
        if (line.starts_with("# TYPE ") && !line.starts_with("# TYPE " + metric + " ")) return "not its type: " + line;
        if (line.starts_with("# TYPE ") && line.ends_with("counter") != metric.ends_with("_total")) return line;
        if (line.starts_with('#') ? !std::regex_match(line, comment) : !std::regex_match(line, parts, sample))
            return line;
        if (!line.starts_with('#') && (parts[1] != metric || !samples.insert(line.substr(0, line.rfind(' '))).second))
            return "not at its place: " + line;
    }
    return "";
}

/// What Prometheus's own checker says; empty where it is not installed.
std::string promtool_says(const std::string& text) {
    const Finished checked =
        finish({"sh", "-c", "! command -v promtool >/dev/null || promtool check metrics 2>&1"}, {.input = text});
    return checked.status() == 0 ? checked.out : "failed: " + checked.out;
}

} // namespace

TEST_CASE("metrics tells what is held, for how long, and what the nodes have counted") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const milliseconds since = wall_time_since_epoch() - 2h;
        for (size_t i = 0; i < n; ++i) {
            hold(servers[i], "x", since);
            count(servers[i], "x", "acquired", fmt::format("{}", 7 + i));
            count(servers[i], "x", "waited_ms", "1500");
            count(servers[i], "x", "last_success", "1795921200250");
        }
        count(servers[n - 1], "x", "failed", "2");
        const Finished shown = metrics(servers.uris());
        CHECK(shown.status() == 0);
        CHECK(flaw(shown.out) == "");
        CHECK(value(shown.out, "held") == "1");
        CHECK(value(shown.out, "held_seconds").starts_with("720"));
        CHECK(value(shown.out, "expires_seconds").starts_with("5"));
        CHECK(value(shown.out, "waiting") == "0");
        CHECK(value(shown.out, "fence") == "1700000000000");
        CHECK(value(shown.out, "last_success_timestamp_seconds") == "1795921200.250");
        CHECK(value(shown.out, "acquired_total") == fmt::format("{}", 6 + n));
        CHECK(value(shown.out, "failed_total") == "2");
        CHECK(value(shown.out, "lost_total") == "0");
        CHECK(value(shown.out, "taken_away_total") == "0");
        CHECK(value(shown.out, "waited_seconds_total") == "1.500");
        CHECK(value(shown.out, "hold_seconds_total") == "0");
    }
}

TEST_CASE("metrics tells of a free lock that was counted, and counts nothing of one that was not") {
    RedisServers servers{3};
    count(servers[1], "free", "last_start", "1795921200000");
    servers[1].command({"SET", "holdfast:free:{holdfast:free}:fence", "12"});
    for (size_t i = 0; i < 3; ++i) servers[i].command({"SET", "holdfast:foreign", "550e8400", "PX", "60000"});
    const Finished shown = metrics(servers.uris());
    CHECK(flaw(shown.out) == "");
    CHECK(value(shown.out, "held", "free") == "0");
    CHECK(value(shown.out, "held_seconds", "free") == "0");
    CHECK(value(shown.out, "fence", "free") == "12");
    CHECK(value(shown.out, "last_start_timestamp_seconds", "free") == "1795921200");
    CHECK(value(shown.out, "last_success_timestamp_seconds", "free") == "0");
    CHECK(value(shown.out, "held", "foreign") == "1");
    CHECK(value(shown.out, "held_seconds", "foreign") == "");
    CHECK(value(shown.out, "acquired_total", "foreign") == "");
}

TEST_CASE("metrics counts the holders of a group, and who waits") {
    RedisServer server;
    Process first{run_on(server.uri(), {"--shared", "x", "-c", "echo in; read line"})};
    first.wait_for_out("in");
    Process second{run_on(server.uri(), {"--shared", "x", "-c", "echo in; read line"})};
    second.wait_for_out("in");
    Process waiter{run_on(server.uri(), {"x", "true"})};
    REQUIRE(eventually([&] { return value(metrics(server.uri()).out, "waiting") == "1"; }));
    const Finished shown = metrics(server.uri());
    CHECK(flaw(shown.out) == "");
    CHECK(value(shown.out, "held") == "2");
}

TEST_CASE("of real runs metrics counts each end, and when the last success was") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const auto run = [&](std::vector<std::string> words) { finish(run_on(servers.uris(), std::move(words))); };
        const milliseconds before = wall_time_since_epoch();
        run({"x", "--", "true"});
        const milliseconds after = wall_time_since_epoch();
        run({"x", "-c", "exit 3"});
        Process robbed{run_on(servers.uris(), {"x", "-c", "echo in; exec sleep 60"})};
        robbed.wait_for_out("in");
        const std::string held = metrics(servers.uris()).out;
        CHECK(value(held, "held") == "1");
        finish(holdfast::test::holdfast({"force-release", "--yes", "x", "--node", servers.uris()}));
        robbed.wait();
        const std::string text = metrics(servers.uris()).out;
        CHECK(flaw(text) == "");
        CHECK(value(text, "held") == "0");
        CHECK(value(text, "acquired_total") == "3");
        CHECK(value(text, "failed_total") == "1");
        CHECK(value(text, "taken_away_total") == "1");
        CHECK(value(text, "lost_total") == "0");
        const double success = std::stod(value(text, "last_success_timestamp_seconds")) * 1000;
        CHECK(success >= static_cast<double>(before.count()));
        CHECK(success <= static_cast<double>(after.count() + 1));
        CHECK(std::stod(value(text, "last_start_timestamp_seconds")) * 1000 > success - 1000);
    }
}

TEST_CASE("a lock that is only kept is held by metrics, and not for long") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        finish(run_on(servers.uris(), {"--min-hold", "10m", "--restart-guard", "off", "x", "--", "sleep", "0.1"}));
        const std::string text = metrics(servers.uris()).out;
        CHECK(value(text, "held") == "1");
        CHECK(value(text, "held_seconds") == "0");
        CHECK(value(text, "expires_seconds").starts_with("59"));
        // A slot that is kept hides no run in another one.
        finish(run_on(servers.uris(), {"--slots", "2", "--min-hold", "1m", "--restart-guard", "off", "gpu", "true"}));
        CHECK(value(metrics(servers.uris()).out, "held_seconds", "gpu") == "0");
        Process running{run_on(servers.uris(), {"--slots", "2", "gpu", "-c", "echo in; read line"})};
        running.wait_for_out("in");
        const std::string both = metrics(servers.uris()).out;
        CHECK(value(both, "held", "gpu") == "2");
        CHECK(std::stod(value(both, "held_seconds", "gpu")) > 0);
    }
}

TEST_CASE("metrics takes a glob, for held locks and free ones alike") {
    RedisServer server;
    const milliseconds now = wall_time_since_epoch();
    for (const char* name : {"deploy-a", "deploy-a-b", "nightly"}) hold(server, name, now);
    for (const char* name : {"deploy-a", "deploy-c", "deploy", "nightly", "past"}) count(server, name, "acquired", "1");
    const auto names = [&](const std::string& glob, const std::string& metric) {
        const std::string text = metrics(server.uri(), {glob}).out;
        std::string found;
        for (const char* name : {"deploy", "deploy-a", "deploy-a-b", "deploy-c", "nightly", "past"})
            if (!value(text, metric, name).empty()) found += std::string{name} + " ";
        return found;
    };
    CHECK(names("*", "held") == "deploy deploy-a deploy-a-b deploy-c nightly past ");
    CHECK(names("deploy-*", "held") == "deploy-a deploy-a-b deploy-c ");
    CHECK(names("deploy-*", "acquired_total") == "deploy-a deploy-c ");
    CHECK(names("deploy-a:*", "held") == "");
    CHECK(names("nightly", "acquired_total") == "nightly ");
    CHECK(names("?ast", "held") == "past ");
}

TEST_CASE("metrics is what Prometheus reads, whatever a lock is called and its nodes say") {
    RedisServer server;
    const std::string odd = R"(a"b\c)";
    hold(server, odd, wall_time_since_epoch() - 1h);
    count(server, odd, "acquired", "3");
    hold(server, "from-the-future", wall_time_since_epoch() + 24h);
    for (const std::string_view field : {"acquired", "failed", "waited_ms", "last_start"}) {
        count(server, "negative", field, "-3");
        count(server, "no-number", field, "x\n1");
        count(server, "huge", field, "1e308");
        count(server, "large", field, "9007199254740991");
    }
    server.command({"SET", "holdfast:wrong:{holdfast:wrong}:stats", "no hash"});
    server.command({"HSET", "holdfast:z:{holdfast:other}:stats", "acquired", "1"});
    const Finished shown = metrics(server.uri());
    CHECK(shown.status() == 0);
    CHECK(flaw(shown.out) == "");
    CHECK(value(shown.out, "acquired_total", R"(a\"b\\c)") == "3");
    CHECK(value(shown.out, "acquired_total", "negative") == "0");
    CHECK(value(shown.out, "acquired_total", "no-number") == "0");
    CHECK(value(shown.out, "acquired_total", "huge") == "0");
    CHECK(value(shown.out, "z").empty());
    CHECK(promtool_says(shown.out) == "");
}

TEST_CASE("metrics needs a majority of the nodes") {
    RedisServers servers{3};
    const milliseconds now = wall_time_since_epoch();
    for (size_t i = 0; i < 3; ++i) hold(servers[i], "x", now);
    servers[2].kill();
    const Finished shown = metrics(servers.uris());
    CHECK(shown.status() == 0);
    CHECK(value(shown.out, "held") == "1");
    CHECK(shown.err.find("2 of 3 nodes answered") != std::string::npos);
    CHECK(metrics(servers.uris(), {"-q"}).err == "");
    servers[1].kill();
    const Finished unknown = metrics(servers.uris());
    CHECK(unknown.status() == 69);
    CHECK(unknown.out.empty());
}

} // namespace holdfast::test::metrics_test
