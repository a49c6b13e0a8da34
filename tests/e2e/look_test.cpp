// What status and list show of locks, to people and to machines.
#include "support/holdfast.hpp"
#include "support/pty.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace holdfast::test::look_test {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

Finished call(std::vector<std::string> words) {
    return finish(holdfast::test::holdfast(std::move(words)), {.environment = {{"TZ", "UTC"}}});
}

/// Half a minute past the hours, so that what is shown in hours and minutes stays while a test runs.
constexpr milliseconds two_hours = 2h + 30s;

/// What backup on web1 has in the key, since two hours.
struct Backup {
    milliseconds since = wall_time_since_epoch() - two_hours;
    std::string record =
        fmt::format("0123456789abcdef0123456789abcdef.7 {{\"v\":1,\"label\":\"backup\",\"user\":\"root\","
                    "\"host\":\"web1\",\"pid\":4242,\"since\":{},\"ttl_ms\":30000}}",
                    since.count());

    void hold(const RedisServer& server, const std::string& name = "x") const {
        server.command({"SET", "holdfast:" + name, record, "PX", fmt::format("{}", two_hours.count())});
        server.command({"SET", "holdfast:" + name + ":{holdfast:" + name + "}:fence", "1700000000000"});
    }
    std::string since_as(const char* format) const {
        const std::time_t second{std::chrono::duration_cast<seconds>(since).count()};
        std::tm utc{};
        return time_text(format, *::gmtime_r(&second, &utc));
    }
    /// As the one in a list of holders, without when it expires.
    json in_list(size_t nodes) const {
        json one = as_json();
        one.update({{"slot", nullptr}, {"run", "0123456789ab"}, {"nodes_holding", nodes}});
        return one;
    }
    json as_json() const {
        return {{"label", "backup"},
                {"user", "root"},
                {"host", "web1"},
                {"pid", 4242},
                {"since", since_as("%Y-%m-%dT%H:%M:%S") + fmt::format(".{:03}Z", since.count() % 1000)}};
    }
};

/// In line since half a minute past that many minutes.
void wait_in_line(const RedisServer& server, const std::string& run, int pid, std::chrono::minutes waited) {
    const milliseconds now = wall_time_since_epoch();
    const std::string entry = fmt::format(
        R"({} {{"v":1,"label":"deploy","user":"joe","host":"web2","pid":{},"since":1,"ttl_ms":30000}})", run, pid);
    server.command({"ZADD", "holdfast:x:{holdfast:x}:queue", fmt::format("{}", (now - waited - 30s).count()), entry});
    server.command({"ZADD", "holdfast:x:{holdfast:x}:seen", fmt::format("{}", (now + 1h).count()), entry});
}

/// Takes a duration out that changes while we look.
int64_t taken(json& object, const std::string& field) {
    const auto value = object.at(field).get<int64_t>();
    object.erase(field);
    return value;
}

bool near(int64_t ms, milliseconds wanted) { return milliseconds{ms} <= wanted && milliseconds{ms} > wanted - 20s; }

/// At a shell that knows holdfast and a node.
struct User {
    RedisServer server;
    Shell shell{{{"PATH", folder_of(HOLDFAST_BINARY) + ":" + std::getenv("PATH")}, {"HOLDFAST_NODES", server.uri()}}};

    static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
};

} // namespace

TEST_CASE("status tells who holds a lock, since when, until when and with which number") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        CHECK(call({"status", "--node", servers.uris(), "x"}).out == "x is free\n  no run of holdfast:x is known\n");
        CHECK(call({"status", "--node", servers.uris(), "x"}).status() == 1);
        const Backup backup;
        for (size_t i = 0; i < n; ++i) backup.hold(servers[i]);
        const Finished held = call({"status", "--node", servers.uris(), "x"});
        CHECK(held.status() == 0);
        CHECK(held.out ==
              "x is held by backup (root@web1, pid 4242) for 2h; it expires in 2h unless renewed\n  since " +
                  backup.since_as("%Y-%m-%d %H:%M:%S +0000") + ", fence 1700000000000\n");
    }
}

TEST_CASE("status shows who waits, in their order") {
    RedisServer server;
    Backup{}.hold(server);
    wait_in_line(server, "aa", 12, 2min);
    wait_in_line(server, "bb", 3456, 70min);
    const std::string out = call({"status", "--node", server.uri(), "x"}).out;
    CHECK(out.ends_with("\n  WAITING  FOR    WHO\n"
                        "  1        1h10m  deploy (joe@web2, pid 3456)\n"
                        "  2        2m30s  deploy (joe@web2, pid 12)\n"));
    server.command({"DEL", "holdfast:x"});
    CHECK(call({"status", "--node", server.uri(), "x"}).out.starts_with("x is free\n  WAITING"));
}

TEST_CASE("of very many waiters status shows a hundred, and says how many there are") {
    RedisServer server;
    Backup{}.hold(server);
    for (int i = 0; i < 103; ++i) wait_in_line(server, fmt::format("{:x}", i + 1), i, 2min);
    const std::string out = call({"status", "--node", server.uri(), "x"}).out;
    CHECK(out.ends_with("\n  and 3 more\n"));
    CHECK(std::ranges::count(out, '\n') == 2 + 1 + 100 + 1);
    const json object = json::parse(call({"status", "--json", "--node", server.uri(), "x"}).out);
    CHECK(object["waiting"] == 103);
    CHECK(object["waiters"].size() == 100);
}

TEST_CASE("a real holder and a real waiter are shown as who they are, and never their tokens") {
    RedisServers servers{3};
    Process holder{run_on(servers.uris(), {"x", "-c", "echo started $HOLDFAST_TOKEN $HOLDFAST_FENCE; read line"})};
    holder.wait_for_out("\n");
    Process waiter{run_on(servers.uris(), {"x", "true"})};
    REQUIRE(eventually([&] { return servers[2].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    const std::string text = call({"status", "--node", servers.uris(), "x"}).out;
    CHECK(text.starts_with("x is held by sh ("));
    CHECK(text.find(fmt::format(", pid {}) for ", holder.pid())) != std::string::npos);
    CHECK(text.find(fmt::format(", pid {})\n", waiter.pid())) != std::string::npos);
    const std::string status = call({"status", "--json", "--node", servers.uris(), "x"}).out;
    const std::string list = call({"list", "--json", "--node", servers.uris()}).out;
    CHECK(json::parse(status)["holder"]["pid"] == holder.pid());
    CHECK(json::parse(status)["waiters"][0]["pid"] == waiter.pid());
    CHECK(json::parse(list)["locks"][0]["waiting"] == 1);

    const std::string record = servers[0].text({"GET", "holdfast:x"});
    const std::string entry = servers[0].command({"ZRANGE", "holdfast:x:{holdfast:x}:queue", "0", "0"}).items[0].text;
    holder.say("\n");
    waiter.wait();
    const std::string said = holder.wait().out;
    const std::string run = record.substr(0, record.find('.'));
    REQUIRE(said.starts_with("started " + run + "."));
    CHECK(text.find("fence " + servers[0].text({"GET", "holdfast:x:{holdfast:x}:fence"})) ==
          std::string::npos); // the waiter's
    CHECK(text.find("fence " + said.substr(said.rfind(' ') + 1)) != std::string::npos);
    for (const std::string& shown : {text, status, list, call({"list", "--node", servers.uris()}).out}) {
        CHECK(shown.find(run) == std::string::npos);
        CHECK(shown.find(entry.substr(0, entry.find(' '))) == std::string::npos);
    }
}

TEST_CASE("status shows the nodes where they differ or do not answer") {
    RedisServers servers{3};
    const Backup backup;
    backup.hold(servers[0]);
    backup.hold(servers[1]);
    const Finished two = call({"status", "--node", servers.uris(), "x"});
    CHECK(two.status() == 0);
    const std::string gap(servers[0].uri().size() - 4, ' ');
    CHECK(two.out.ends_with(fmt::format("  NODE{}  EXPIRES IN  STATE\n"
                                        "  {}  2h          held by backup (root@web1, pid 4242)\n"
                                        "  {}  2h          held by backup (root@web1, pid 4242)\n"
                                        "  {}  -           free\n",
                                        gap, servers[0].uri(), servers[1].uri(), servers[2].uri())));
    servers[2].command({"LPUSH", "holdfast:x", "no lock"});
    CHECK(call({"status", "--node", servers.uris(), "x"}).out.ends_with("  -           the key there is not a lock\n"));
    servers[2].kill();
    const Finished degraded = call({"status", "--node", servers.uris(), "x"});
    CHECK(degraded.status() == 0);
    CHECK(degraded.out.ends_with(servers[2].uri() + "  -           connection refused\n"));
}

TEST_CASE("below a quorum status says that nobody holds it, or that it cannot tell while a node is silent") {
    RedisServers servers{3};
    Backup{}.hold(servers[0]);
    const Finished minority = call({"status", "--node", servers.uris(), "x"});
    CHECK(minority.status() == 1);
    CHECK(
        minority.out.starts_with("x is held by nobody: backup (root@web1, pid 4242) has 1 of 3 nodes, 2 are needed\n"));
    servers[2].kill();
    const Finished unknown = call({"status", "--node", servers.uris(), "x"});
    CHECK(unknown.status() == 69);
    CHECK(unknown.out.starts_with(
        "x may be held: backup (root@web1, pid 4242) has 1 of 3 nodes, 2 are needed, and 1 gave no answer\n"));
    servers[0].command({"DEL", "holdfast:x"});
    // The silent one alone holds nothing.
    CHECK(call({"status", "--node", servers.uris(), "x"}).status() == 1);
    servers[1].kill();
    const Finished too_few = call({"status", "--node", servers.uris(), "x"});
    CHECK(too_few.status() == 69);
    CHECK(too_few.out.empty());
    CHECK(too_few.err.starts_with("holdfast: only 1 of 3 nodes answered, 2 are needed\n"));
}

TEST_CASE("of a free lock status says when too few nodes have a vote to give it") {
    RedisServers servers{3};
    const auto of_x = [&](const std::string& guard) {
        return finish(holdfast::test::holdfast({"status", "--node", servers.uris(), "--restart-guard", guard, "x"}));
    };
    const Finished young = of_x("60s");
    CHECK(young.out ==
          "x is free\n  no run of holdfast:x is known\n  nobody gets it yet: 0 of 3 nodes have a vote, 2 are "
          "needed; holdfast doctor says when\n");
    CHECK(young.status() == 1);
    CHECK(of_x("off").out == "x is free\n  no run of holdfast:x is known\n");
}

TEST_CASE("status --json is one object with all there is to know") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const Backup backup;
        for (size_t i = 0; i < n; ++i) backup.hold(servers[i]);
        wait_in_line(servers[0], "aa", 12, 2min);
        const Finished held = call({"status", "--json", "--node", servers.uris(), "x"});
        CHECK(held.status() == 0);
        CHECK(held.err.empty());
        CHECK(std::ranges::count(held.out, '\n') == 1);
        json object = json::parse(held.out);
        CHECK(near(taken(object, "expires_in_ms"), two_hours));
        CHECK(near(taken(object["holders"][0], "expires_in_ms"), two_hours));
        CHECK(near(-taken(object, "held_for_ms"), -two_hours));
        CHECK(near(-taken(object["waiters"][0], "waited_ms"), -150s));
        for (json& node : object["nodes"]) CHECK(near(taken(node, "expires_in_ms"), two_hours));
        json nodes = json::array();
        for (size_t i = 0; i < n; ++i)
            nodes.push_back(
                {{"node", servers[i].uri()}, {"state", "held"}, {"holder", backup.as_json()}, {"error", nullptr}});
        CHECK(object == json{{"lock", "x"},
                             {"key", "holdfast:x"},
                             {"state", "held"},
                             {"kind", "exclusive"},
                             {"slots", nullptr},
                             {"holder", backup.as_json()},
                             {"holders", json::array({backup.in_list(n)})},
                             {"kept", false},
                             {"fence", 1'700'000'000'000},
                             {"waiting", 1},
                             {"nodes_holding", n},
                             {"last_success", nullptr},
                             {"last", nullptr},
                             {"waiters",
                              {{{"position", 1}, {"label", "deploy"}, {"user", "joe"}, {"host", "web2"}, {"pid", 12}}}},
                             {"nodes", nodes}});
    }
}

TEST_CASE("status --json is printed for every state, and the status is that of the words") {
    RedisServers servers{3};
    const auto look = [&](int status) {
        const Finished done = call({"status", "--json", "--node", servers.uris(), "x"});
        CHECK(done.status() == status);
        return json::parse(done.out);
    };
    json free = look(1);
    CHECK(free["state"] == "free");
    for (const char* field : {"kind", "slots", "holder", "fence", "expires_in_ms", "held_for_ms"})
        CHECK(free[field].is_null());
    CHECK(free["holders"] == json::array());
    CHECK(free["waiting"] == 0);
    CHECK(free["waiters"] == json::array());

    Backup{}.hold(servers[0]);
    CHECK(look(1)["state"] == "no_quorum");
    servers[1].kill();
    json silent = look(69);
    CHECK(silent["state"] == "unknown");
    CHECK(silent["nodes_holding"] == 1);
    CHECK(silent["nodes"][1] == json{{"node", servers[1].uri()},
                                     {"state", "unreachable"},
                                     {"holder", nullptr},
                                     {"expires_in_ms", nullptr},
                                     {"error", "connection refused"}});
    CHECK(silent["nodes"][2]["state"] == "free");
    servers[2].kill();
    CHECK(look(69)["state"] == "unknown");
    servers[1].start();
    servers[2].start();
    for (const size_t i : {1U, 2U}) servers[i].command({"LPUSH", "holdfast:x", "no lock"});
    json blocked = look(76);
    CHECK(blocked["state"] == "not_a_lock");
    CHECK(blocked["nodes"][1]["state"] == "not_a_lock");
}

TEST_CASE("of another client's lock status and list show what they know, and no number of an earlier holder") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "550e8400", "PX", fmt::format("{}", two_hours.count())});
    server.command({"SET", "holdfast:x:{holdfast:x}:fence", "1700000000000"});
    CHECK(call({"status", "--node", server.uri(), "x"}).out ==
          "x is held by a client that is not holdfast; it expires in 2h unless renewed\n");
    const Finished both = call({"status", "--json", "--node", server.uri(), "x"});
    CHECK(both.status() == 0);
    CHECK(both.out.find("550e8400") == std::string::npos);
    json object = json::parse(both.out);
    CHECK(object["state"] == "held");
    for (const char* field : {"holder", "fence", "held_for_ms"}) CHECK(object[field].is_null());
    CHECK(object["holders"][0]["label"].is_null());
    CHECK(call({"list", "--node", server.uri()}).out ==
          "LOCK  HELD FOR  EXPIRES IN  WAITING  NODES  HOLDER\n"
          "x     ?         2h          0        1/1    a client that is not holdfast\n");
}

TEST_CASE("nothing that a holder says of itself upsets status or list") {
    RedisServer server;
    const auto says = [&](const std::string& since, const std::string& label) {
        server.command(
            {"SET", "holdfast:x",
             fmt::format("ab.1 {{\"v\":1,\"label\":\"{}\",\"user\":\"u\",\"host\":\"h\",\"pid\":1,\"since\":{},"
                         "\"ttl_ms\":9223372036854775807}}",
                         label, since),
             "PX", fmt::format("{}", two_hours.count())});
        for (const char* command : {"status", "list"}) {
            const Finished text = command == std::string{"list"} ? call({"list", "--node", server.uri()})
                                                                 : call({"status", "--node", server.uri(), "x"});
            CHECK(text.status() == 0);
            CHECK(text.out.find('\x1b') == std::string::npos);
        }
        const json object = json::parse(call({"status", "--json", "--node", server.uri(), "x"}).out);
        CHECK(object["held_for_ms"].is_null());
        return object["holder"];
    };
    for (const char* nonsense : {"9223372036854775807", "-9223372036854775808", "0", "\"soon\"", "1e300"})
        CHECK(says(nonsense, "job")["since"].is_null());
    // Its clock is ahead of ours.
    CHECK(says("4102444800000", "job")["since"] == "2100-01-01T00:00:00.000Z");
    CHECK(says("0", "\\u001b[2Jevil\\n")["label"] == "\x1b[2Jevil\n");
}

TEST_CASE("list shows every lock in a table, by name, or those that match") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        CHECK(call({"list", "--node", servers.uris()}).out.empty());
        const Backup backup;
        for (size_t i = 0; i < n; ++i)
            for (const char* name : {"x", "deploy-production"}) backup.hold(servers[i], name);
        wait_in_line(servers[0], "aa", 12, 2min);
        servers[0].command({"SET", "holdfast:no-ttl", "x"});
        const Finished all = call({"list", "--node", servers.uris()});
        CHECK(all.status() == 0);
        CHECK(all.err.empty());
        const std::string top = "LOCK               HELD FOR  EXPIRES IN  WAITING  NODES  HOLDER\n";
        const std::string deploy = fmt::format(
            "deploy-production  2h        2h          0        {0}/{0}    backup (root@web1, pid 4242)\n", n);
        CHECK(all.out == top + deploy +
                             fmt::format("x                  2h        2h          1        {0}/{0}    backup "
                                         "(root@web1, pid 4242)\n",
                                         n));
        CHECK(call({"list", "--node", servers.uris(), "dep*"}).out == top + deploy);
        const Finished none = call({"list", "--node", servers.uris(), "nothing*"});
        CHECK(none.out.empty());
        CHECK(none.status() == 0);
    }
}

TEST_CASE("list says which nodes did not answer, and what cannot be told without them") {
    RedisServers servers{3};
    const Backup backup;
    for (const size_t i : {0U, 1U}) backup.hold(servers[i], "a");
    backup.hold(servers[0], "b");
    CHECK(call({"list", "--node", servers.uris()}).out.find("1/3 (no quorum)  backup") != std::string::npos);
    servers[2].kill();
    const Finished degraded = call({"list", "--node", servers.uris()});
    CHECK(degraded.status() == 0);
    CHECK(degraded.out == "LOCK  HELD FOR  EXPIRES IN  WAITING  NODES             HOLDER\n"
                          "a     2h        2h          0        2/3               backup (root@web1, pid 4242)\n"
                          "b     2h        2h          0        1/3 (can't tell)  backup (root@web1, pid 4242)\n");
    CHECK(degraded.err == fmt::format("holdfast: 2 of 3 nodes answered\n  {}  listed\n  {}  listed\n  {}  connection "
                                      "refused\n",
                                      servers[0].uri(), servers[1].uri(), servers[2].uri()));
    const json object = json::parse(call({"list", "--json", "--node", servers.uris()}).out);
    CHECK(object["locks"][0]["state"] == "held");
    CHECK(object["locks"][1]["state"] == "unknown");
    CHECK(object["nodes"][2] ==
          json{{"node", servers[2].uri()}, {"state", "unreachable"}, {"error", "connection refused"}});
    servers[1].kill();
    const Finished too_few = call({"list", "--json", "--node", servers.uris()});
    CHECK(too_few.status() == 69);
    CHECK(json::parse(too_few.out)["nodes"][0]["state"] == "listed");
    CHECK(too_few.err.starts_with("holdfast: only 1 of 3 nodes answered, 2 are needed\n"));
}

TEST_CASE("list --json is one object") {
    RedisServer server;
    CHECK(json::parse(call({"list", "--json", "--node", server.uri()}).out)["locks"] == json::array());
    const Backup backup;
    backup.hold(server);
    json object = json::parse(call({"list", "--json", "--node", server.uri()}).out);
    CHECK(near(taken(object["locks"][0], "expires_in_ms"), two_hours));
    CHECK(near(-taken(object["locks"][0], "held_for_ms"), -two_hours));
    CHECK(near(taken(object["locks"][0]["holders"][0], "expires_in_ms"), two_hours));
    CHECK(object == json{{"locks",
                          {{{"lock", "x"},
                            {"key", "holdfast:x"},
                            {"state", "held"},
                            {"kind", "exclusive"},
                            {"slots", nullptr},
                            {"holder", backup.as_json()},
                            {"holders", json::array({backup.in_list(1)})},
                            {"kept", false},
                            {"fence", 1'700'000'000'000},
                            {"waiting", 0},
                            {"nodes_holding", 1}}}},
                         {"nodes", {{{"node", server.uri()}, {"state", "listed"}, {"error", nullptr}}}}});
}

TEST_CASE("on a terminal an empty list says so") {
    User user;
    CHECK(user.shell.run("holdfast list") == "no locks\r\n");
    CHECK(user.shell.run("holdfast list 'dep*'") == "no locks match 'dep*'\r\n");
}

TEST_CASE("colours are for terminals that have them, and for nobody who sets NO_COLOR") {
    User user;
    Backup{}.hold(user.server);
    const auto is_coloured = [&](const std::string& variables) {
        const std::string shown = user.shell.run("env " + variables + " holdfast list");
        CHECK(shown.find("backup (root@web1, pid 4242)") != std::string::npos);
        return shown.find("\x1b[1mLOCK") != std::string::npos;
    };
    CHECK(is_coloured("TERM=xterm NO_COLOR="));
    CHECK_FALSE(is_coloured("TERM=xterm NO_COLOR=1"));
    CHECK_FALSE(is_coloured("TERM=dumb NO_COLOR="));
    CHECK(user.shell.run("env TERM=xterm NO_COLOR= holdfast list | cat").find('\x1b') == std::string::npos);
}

TEST_CASE("list --watch follows what happens, in place, until Ctrl-C") {
    User user;
    user.shell.say("holdfast list --watch\r");
    user.shell.wait_for("\x1b[H");
    user.shell.wait_for("every 1s, until Ctrl-C");
    user.shell.wait_for("no locks");
    Backup{}.hold(user.server);
    user.shell.wait_for("\x1b[H");
    user.shell.wait_for("backup (root@web1, pid 4242)");
    user.server.kill();
    user.shell.wait_for(user.server.uri() + " cannot be used: connection refused");
    user.server.start();
    user.shell.wait_for("no locks");
    user.shell.say("\x03");
    CHECK(user.shell.wait_for_prompt() == 128 + SIGINT);
}

TEST_CASE("list --watch shows no more than the terminal holds") {
    User user; // at 24 lines
    for (int i = 0; i < 40; ++i) Backup{}.hold(user.server, fmt::format("job-{:02}", i));
    user.shell.say("holdfast list --watch\r");
    user.shell.wait_for("\x1b[H");
    const std::string shown = user.shell.wait_for("and 20 more");
    CHECK(std::ranges::count(shown, '\n') == 23);
    CHECK(shown.find("job-19") != std::string::npos);
    CHECK(shown.find("job-20") == std::string::npos);
    user.shell.say("\x03");
    user.shell.wait_for_prompt();
}

TEST_CASE("list shows only locks of a kind or an age, also as JSON") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        for (size_t i = 0; i < n; ++i) {
            Backup{}.hold(servers[i], "old");
            Backup{wall_time_since_epoch()}.hold(servers[i], "young");
            servers[i].command({"SET", "holdfast:other", "no record", "PX", "60000"});
        }
        Process shared{run_on(servers.uris(), {"-s", "readers", "-c", "echo started; read line"})};
        shared.wait_for_out("started");
        Process slots{run_on(servers.uris(), {"--slots", "2", "gpu", "-c", "echo started; read line"})};
        slots.wait_for_out("started");
        const auto listed = [&](std::vector<std::string> options) {
            options.insert(options.begin(), {"list", "--json", "--node", servers.uris()});
            const Finished done = call(options);
            CHECK(done.status() == 0);
            std::string names;
            const json object = json::parse(done.out);
            for (const json& lock : object["locks"]) names += lock["lock"].get<std::string>() + " ";
            return names;
        };
        CHECK(listed({}) == "gpu old other readers young ");
        CHECK(listed({"--older-than", "1h"}) == "old ");
        CHECK(listed({"--older-than", "3h"}) == "");
        CHECK(listed({"--kind", "exclusive"}) == "old other young ");
        CHECK(listed({"--kind", "shared"}) == "readers ");
        CHECK(listed({"--kind", "slots"}) == "gpu ");
        CHECK(listed({"--kind", "exclusive", "--older-than", "1h", "o*"}) == "old ");
        const std::string text = call({"list", "--node", servers.uris(), "--older-than", "1h"}).out;
        CHECK(has(text, "\nold "));
        CHECK(std::ranges::count(text, '\n') == 2);
        for (Process* one : {&shared, &slots}) {
            one->say("\n");
            one->wait();
        }
    }
    CHECK(call({"list", "--node", "unix:///nowhere.sock", "--kind", "open"}).err ==
          "holdfast: --kind 'open' is not exclusive, shared or slots\n");
    CHECK(call({"list", "--node", "unix:///nowhere.sock", "--older-than", "1x"}).status() == 64);
    CHECK(call({"list", "--node", "unix:///nowhere.sock", "--older-than", "1h"}).status() == 69);
}

TEST_CASE("status --watch shows the lock in place, until Ctrl-C") {
    User user;
    user.shell.say("holdfast status --watch x\r");
    user.shell.wait_for("\x1b[H");
    user.shell.wait_for("every second, until Ctrl-C");
    user.shell.wait_for("x is free");
    Backup{}.hold(user.server);
    user.shell.wait_for("x is held by backup (root@web1, pid 4242)");
    user.server.kill();
    user.shell.wait_for(user.server.uri() + " cannot be used: connection refused");
    user.server.start();
    user.shell.wait_for("x is free");
    user.shell.say("\x03");
    CHECK(user.shell.wait_for_prompt() == 128 + SIGINT);
}

TEST_CASE("without a terminal status --watch prints a line for each change, over one connection") {
    RedisServer server;
    Process watch{holdfast::test::holdfast({"status", "--watch", "--node", server.uri(), "x"})};
    watch.wait_for_out("x is free; no run of holdfast:x is known\n");
    const auto connections = [&] {
        const std::string stats = server.text({"INFO", "stats"});
        return std::stoi(stats.substr(stats.find("total_connections_received:") + 27));
    };
    const int before = connections();
    const Backup backup;
    backup.hold(server);
    watch.wait_for_out("x is held by backup (root@web1, pid 4242) for 2h; it expires in 2h unless renewed\n");
    wait_in_line(server, "aa", 12, 2min);
    watch.wait_for_out("; 1 waiting\n");
    server.command({"DEL", "holdfast:x"});
    watch.wait_for_out("x is free; 1 waiting\n");
    // Each of our own commands has a connection of its own: those of the lock, the waiter and the release, and this.
    CHECK(connections() - before <= 2 + 2 + 1 + 1);
    watch.signal(SIGINT);
    const Finished done = watch.wait();
    CHECK(done.signal() == SIGINT);
    CHECK(std::ranges::count(done.out, '\n') == 4);
    CHECK(call({"status", "--watch", "--json", "--node", server.uri(), "x"}).status() == 64);
}

TEST_CASE("status --watch tells how a run has ended, at a terminal and without one") {
    User user;
    Process watch{holdfast::test::holdfast({"status", "--watch", "--node", user.server.uri(), "x"})};
    watch.wait_for_out("x is free; no run of holdfast:x is known\n");
    user.shell.say("holdfast status --watch x\r");
    user.shell.wait_for("x is free");
    Process run{run_on(user.server.uri(), {"--label", "job", "x", "-c", "echo started; read line; exit 4"})};
    run.wait_for_out("started");
    watch.wait_for_out("x is held by job ");
    user.shell.wait_for("x is held by job ");
    run.say("\n");
    run.wait();
    watch.wait_for_out("x is free; last held by job ");
    watch.wait_for_out(": exit 4\n");
    user.shell.wait_for("last held by job ");
    user.shell.say("\x03");
    user.shell.wait_for_prompt();
}

TEST_CASE("times are shown with the zone in which they are") {
    RedisServer server;
    Backup{}.hold(server);
    for (const auto& [zone, offset] : {std::pair{"UTC", " +0000, fence"}, {"XYZ-5:30", " +0530, fence"}}) {
        const Finished done =
            finish(holdfast::test::holdfast({"status", "--node", server.uri(), "x"}), {.environment = {{"TZ", zone}}});
        CHECK(has(done.out, offset));
    }
}

TEST_CASE("list --watch is refused where nobody watches") {
    RedisServer server;
    for (const char* option : {"--watch", "--json"}) {
        const Finished done = call({"list", "--watch", option, "--node", server.uri()});
        CHECK(done.status() == 64);
        CHECK(done.err == "holdfast: --watch is for people at a terminal; without it list prints once\n");
    }
}

} // namespace holdfast::test::look_test
