// holdfast doctor on real nodes, well and ill.
#include "redis/node_set.hpp"
#include "support/cluster.hpp"
#include "support/holdfast.hpp"
#include "support/listener.hpp"
#include "support/sentinels.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

namespace holdfast::test::doctor_test {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::vector<std::string> forgets_nothing{"--appendonly", "yes", "--appendfsync", "always"};

/// doctor --json, whose status fits its words.
class Report {
  public:
    explicit Report(const std::string& nodes, std::vector<std::string> options = {}, ProcessOptions process = {}) {
        // The machine may stall, and slow answers would be told.
        if (std::ranges::find(options, "--node-timeout") == options.end())
            options.insert(options.end(), {"--node-timeout", "3s"});
        options.insert(options.begin(), {"doctor", "--json", "--node", nodes});
        const Finished done = finish(holdfast::test::holdfast(std::move(options)), std::move(process));
        CAPTURE(done.out);
        CAPTURE(done.err);
        status = done.status();
        report = json::parse(done.out);
        CHECK(done.out.find('\n') == done.out.size() - 1);
        CHECK(report["works"] == (status != 69));
        CHECK((report["verdict"] == "ok") == (status == 0));
    }

    /// "check verdict" of whatever is not ok, in order.
    std::vector<std::string> trouble() const {
        std::vector<std::string> out;
        for (const json& finding : report["findings"])
            if (finding["verdict"] != "ok")
                out.push_back(
                    fmt::format("{} {}", finding["check"].get<std::string>(), finding["verdict"].get<std::string>()));
        return out;
    }
    std::string text(const std::string& check, const json& node = nullptr) const { return of(check, node)["text"]; }
    std::string advice(const std::string& check, const json& node = nullptr) const { return of(check, node)["advice"]; }

    int status = 0;
    json report;

  private:
    const json& of(const std::string& check, const json& node) const {
        for (const json& finding : report["findings"])
            if (finding["check"] == check && (node.is_null() || finding["node"] == node)) return finding;
        throw std::runtime_error{"no finding on " + check};
    }
};

using Trouble = std::vector<std::string>;

/// What doctor may take with nodes that do not answer: two node timeouts and a second; the machine may stall.
constexpr milliseconds node_timeout{500};
constexpr milliseconds longest = 2 * node_timeout + seconds{1} + milliseconds{500};

} // namespace

TEST_CASE("doctor finds one node that forgets nothing well, and leaves nothing behind") {
    RedisServer server{forgets_nothing};
    const Report report{server.uri()};
    CHECK(report.status == 0);
    CHECK(report.trouble() == Trouble{});
    CHECK(server.text({"DBSIZE"}) == "0");
    const json& object = report.report;
    CHECK(object["verdict"] == "ok");
    CHECK(object["nodes"] == 1);
    CHECK(object["usable"] == 1);
    CHECK(object["needed"] == 1);
    std::vector<std::string> checks;
    for (const json& finding : object["findings"]) {
        checks.push_back(finding["check"]);
        CHECK(finding.size() == 6);
        CHECK(finding["accepted"] == false);
        CHECK(finding["advice"].is_null());
        CHECK(finding["node"] == (checks.size() <= 2 ? json() : json(server.uri())));
    }
    CHECK(checks == std::vector<std::string>{"nodes", "timing", "reachable", "latency", "version", "role", "replicas",
                                             "clock", "uptime", "persistence", "eviction", "lock", "rights",
                                             "leftovers"});
    CHECK(report.text("lock") == "one was taken, extended and released by script and by transaction");
}

TEST_CASE("doctor's table has a line a check and one for what to do, and no colours off a terminal") {
    RedisServer server;
    const Finished done = finish(holdfast::test::holdfast({"doctor", "--node-timeout", "3s", "--node", server.uri()}));
    CHECK(done.status() == 1);
    CHECK(done.err.empty());
    CHECK(has(done.out, fmt::format("\nOK    {}  role         master\n", server.uri())));
    CHECK(
        has(done.out, fmt::format("\nWARN  {}  persistence  a restart makes it forget locks (appendonly no), and then "
                                  "two may hold the same one\n{:{}}-> set appendonly yes",
                                  server.uri(), "", 6 + server.uri().size() + 2 + 13)));
    CHECK(has(done.out, "\nlocks can be had: 1 of 1 nodes usable, 1 needed; FAIL 0, WARN 1\n"));
    CHECK_FALSE(has(done.out, "\x1b"));
}

TEST_CASE("doctor -q shows WARN and FAIL alone") {
    const RedisServer well{forgets_nothing};
    const RedisServer forgetful;
    const auto quiet = [](std::vector<std::string> words) {
        words.insert(words.begin(), {"doctor", "-q", "--node-timeout", "3s", "--node"});
        return finish(holdfast::test::holdfast(std::move(words)));
    };
    const Finished nothing = quiet({well.uri()});
    CHECK(nothing.status() == 0);
    CHECK(nothing.out + nothing.err == "");
    const Finished warned = quiet({forgetful.uri()});
    CHECK(warned.status() == 1);
    CHECK(std::ranges::count(warned.out, '\n') == 3);
    CHECK(has(warned.out, "\nWARN  "));
    CHECK_FALSE(has(warned.out, "OK "));
    CHECK(quiet({forgetful.uri(), "--accept", "persistence"}).out == "");
    const Finished failed = quiet({"unix:///nowhere.sock"});
    CHECK(failed.status() == 69);
    CHECK(has(failed.out, "\nFAIL  "));
}

TEST_CASE("doctor on three nodes: well, one down, two down") {
    // What is said to forget nothing has its vote from the start.
    const ProcessOptions guarded{.environment = {{"HOLDFAST_RESTART_GUARD", ""}}};
    RedisServer first{forgets_nothing};
    RedisServer second{forgets_nothing};
    RedisServer third{forgets_nothing};
    std::string nodes;
    for (const RedisServer* server : {&first, &second, &third}) nodes += server->uri() + "?durable=yes,";
    CHECK(Report{nodes, {}, guarded}.status == 0);
    second.kill();
    const Report one_down{nodes, {}, guarded};
    CHECK(one_down.status == 1);
    CHECK(one_down.trouble() == Trouble{"reachable fail"});
    CHECK(one_down.report["usable"] == 2);
    CHECK(one_down.text("reachable", second.uri()) == "connection refused");
    first.kill();
    const Report two_down{nodes, {}, guarded};
    CHECK(two_down.status == 69);
    CHECK(two_down.trouble() == Trouble{"reachable fail", "reachable fail"});
}

TEST_CASE("doctor says of nodes that were just started until when they have no vote") {
    RedisServers servers{3};
    const Report report{servers.uris(), {}, {.environment = {{"HOLDFAST_RESTART_GUARD", ""}}}};
    CHECK(report.status == 69);
    CHECK(report.trouble() == Trouble{"uptime fail", "uptime fail", "uptime fail"});
    CHECK(has(report.text("uptime", servers[2].uri()), " and may have forgotten locks; it has a vote in 1m"));
    CHECK(Report{servers.uris()}.trouble() == Trouble{"persistence warn", "persistence warn", "persistence warn"});
}

TEST_CASE("doctor tells a replica, also one that does not say so when it is greeted") {
    RedisServer master{forgets_nothing, RedisServer::Listens::loopback};
    const std::string port = fmt::format("{}", master.node().port);
    RedisServer replica{{"--replicaof", "127.0.0.1", port}};
    const Report greeted{replica.uri()};
    CHECK(greeted.status == 69);
    CHECK(greeted.text("reachable") == "it is a replica and has no vote; name its master instead");
    RedisServer curt{{"--replicaof", "127.0.0.1", port, "--rename-command", "HELLO", "OTHER"}};
    const Report asked{curt.uri()};
    CHECK(asked.status == 69);
    CHECK(asked.text("role") == "it is a slave and has no vote");
    CHECK(has(asked.text("lock"), "READONLY"));
    CHECK(asked.advice("lock") == "name its master instead");
}

TEST_CASE("doctor tells what one node forgets, and what it evicts") {
    RedisServer server{forgets_nothing};
    const auto trouble_with = [&](const std::string& name, const std::string& value) {
        REQUIRE(server.text({"CONFIG", "SET", name, value}) == "OK");
        return Report{server.uri()};
    };
    CHECK(trouble_with("appendfsync", "everysec").trouble() == Trouble{"persistence warn"});
    const Report forgetful = trouble_with("appendonly", "no");
    CHECK(forgetful.status == 1);
    CHECK(forgetful.trouble() == Trouble{"persistence warn"});
    trouble_with("appendonly", "yes");
    CHECK(trouble_with("appendfsync", "always").status == 0);
    CHECK(has(trouble_with("no-appendfsync-on-rewrite", "yes").text("persistence"), "while it rewrites its file"));
    CHECK(trouble_with("no-appendfsync-on-rewrite", "no").status == 0);

    CHECK(trouble_with("maxmemory-policy", "volatile-lru").status == 0);
    const Report evicts = trouble_with("maxmemory", "100mb");
    CHECK(evicts.status == 69);
    CHECK(evicts.trouble() == Trouble{"eviction fail"});
    CHECK(evicts.text("eviction") ==
          "when its memory is full it drops locks that are held (maxmemory-policy volatile-lru)");
    CHECK(trouble_with("maxmemory-policy", "noeviction").status == 0);
    const Report full = trouble_with("maxmemory", "1");
    CHECK(full.trouble() == Trouble{"lock fail"});
    CHECK(has(full.text("lock"), "a lock cannot be taken: it says: OOM"));
    CHECK(full.advice("lock") == "free memory there or raise its maxmemory");
}

TEST_CASE("doctor names the rights that a user lacks, and where to find all of them") {
    RedisServer server{forgets_nothing};
    server.command({"ACL", "SETUSER", "default", "-scan", "-info"});
    const Report lacks{server.uri()};
    CHECK(lacks.status == 1);
    CHECK(lacks.trouble() == Trouble{"version warn", "rights warn", "leftovers warn"});
    CHECK(has(lacks.text("rights"), "our user lacks +scan (no list without it), +info (version, "));
    CHECK(lacks.advice("rights") == "give our user the rights that holdfast doctor --acl prints");
    server.command({"ACL", "SETUSER", "default", "+@all", "-zadd"});
    CHECK(Report{server.uri()}.status == 69);
    CHECK(Report{server.uri()}.trouble() == Trouble{"rights fail"});
    server.command({"ACL", "SETUSER", "default", "+@all", "-set"});
    const Report locked_out{server.uri()};
    CHECK(locked_out.trouble() == Trouble{"lock fail", "rights fail"});
    CHECK(locked_out.advice("lock") == lacks.advice("rights"));
    server.command({"ACL", "SETUSER", "default", "+@all", "-subscribe"});
    CHECK(has(Report{server.uri()}.text("rights"), "lacks +subscribe"));
}

TEST_CASE("doctor without scripts: a warning where they are refused, all well where that is meant") {
    RedisServer server{forgets_nothing};
    server.command({"ACL", "SETUSER", "default", "-eval", "-evalsha"});
    const Report refused{server.uri()};
    CHECK(refused.status == 1);
    CHECK(refused.trouble() == Trouble{"lock warn", "rights warn"});
    CHECK(refused.text("lock") ==
          "one was taken, extended and released by transaction, because scripts are refused: slower, and --shared, "
          "--slots and --once-in need them");
    const Report meant{server.uri(), {"--no-scripts"}};
    CHECK(meant.status == 0);
    CHECK(meant.text("lock") == "one was taken, extended and released by transaction");
    CHECK(server.text({"DBSIZE"}) == "0");
}

TEST_CASE("with the printed line as ACL file all commands work, and doctor finds nothing lacking") {
    const std::string rule = finish(holdfast::test::holdfast({"doctor", "--acl"})).out;
    CHECK(rule.starts_with("user holdfast on >PASSWORD "));
    TempDir dir;
    std::string line = rule;
    const std::string acl = dir.write("acl", line.replace(line.find("PASSWORD"), 8, "secret"));
    std::vector<std::unique_ptr<RedisServer>> servers;
    std::string nodes;
    for (int i = 0; i < 3; ++i) {
        servers.push_back(
            std::make_unique<RedisServer>(std::vector<std::string>{"--aclfile", acl}, RedisServer::Listens::loopback));
        nodes += fmt::format("{}redis://holdfast@127.0.0.1:{}", i == 0 ? "" : ",", servers.back()->node().port);
    }
    const ProcessOptions with_password{.environment = {{"HOLDFAST_PASSWORD", "secret"}}};
    const auto call = [&](std::vector<std::string> words) {
        words.insert(words.begin() + 1, {"--node", nodes});
        return holdfast::test::holdfast(std::move(words));
    };
    const Report report{nodes, {}, with_password};
    CHECK(report.trouble() == Trouble{"persistence warn", "persistence warn", "persistence warn"});
    CHECK(report.report.dump().find("secret") == std::string::npos);
    for (const std::string& way : {std::string{"--verbose"}, std::string{"--no-scripts"}}) {
        CAPTURE(way);
        Process holder{call({"run", way, "--ttl", "4s", "x", "-c", "echo started; read line"}), with_password};
        holder.wait_for_out("started");
        Process next{call({"run", way, "x", "-c", "echo mine; cat"}), with_password};
        REQUIRE(eventually([&] { return servers[2]->text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
        const Finished status = finish(call({"status", "x"}), with_password);
        CHECK(status.status() == 0);
        CHECK(has(status.out, "WAITING"));
        CHECK(has(finish(call({"list"}), with_password).out, "\nx  "));
        holder.say("let go\n");
        next.wait_for_out("mine");
        CHECK(holder.wait().status() == 0);
        CHECK(finish(call({"force-release", "-y", way, "x"}), with_password).status() == 0);
        const Finished lost = next.wait();
        CHECK(lost.status() == 79);
        CHECK(has(lost.err, "force-release"));
    }
}

TEST_CASE("doctor --acl needs no node, follows prefix, user and database, and is no report") {
    const auto acl = [](std::vector<std::string> words) {
        words.insert(words.begin(), {"doctor", "--acl"});
        const Finished done = finish(holdfast::test::holdfast(std::move(words)));
        CHECK(done.status() == 0);
        return done.out;
    };
    CHECK(acl({}) == "user holdfast on >PASSWORD resetkeys ~holdfast:* resetchannels &holdfast:* "
                     "-@all +ping +info +config|get +time +exists +get +set +pexpire +pttl +zadd +zrange +zrank "
                     "+zscore +zrem +hset +hget +hgetall +hmget +hincrby +hdel +xadd +xrevrange +del +publish "
                     "+subscribe +scan +getrange "
                     "+zcount +eval +evalsha "
                     "+watch +unwatch +multi +exec\n");
    CHECK(acl({"--key-prefix", "a?", "--node", "redis://me:secret@127.0.0.1:1/2", "--no-scripts"}) ==
          "user me on >PASSWORD resetkeys ~a\\?* resetchannels &a\\?* -@all +ping +info +config|get +time "
          "+exists +get +set +pexpire +pttl +zadd +zrange +zrank +zscore +zrem +hset +hmget +hincrby +xadd "
          "+xrevrange +del "
          "+publish +subscribe +scan +getrange "
          "+zcount +watch +unwatch +multi +exec +select\n");
    CHECK_FALSE(has(acl({}), "+wait"));
    CHECK(has(acl({"--replicas", "1"}), " +wait "));
    CHECK(has(acl({"--node", "redis://127.0.0.1:1?replicas=1"}), " +wait "));
    CHECK(finish(holdfast::test::holdfast({"doctor", "--acl", "--json"})).status() == 64);
    CHECK(finish(holdfast::test::holdfast({"doctor"})).status() == 78);
}

TEST_CASE("doctor finds one server under two names, by TCP and by TCP or socket") {
    TempDir dir;
    RedisServer server{{"--unixsocket", dir.file("sock")}, RedisServer::Listens::loopback};
    RedisServer other;
    const std::string port = fmt::format("{}", server.node().port);
    for (const std::string& name : {"redis://localhost:" + port, "unix://" + dir.file("sock")}) {
        const Report report{server.uri() + "," + other.uri() + "," + name};
        CHECK(report.status == 69);
        CHECK(report.trouble().front() == "identity fail");
        CHECK(report.text("identity") == fmt::format("{} and {} are the same server", server.uri(), name));
        CHECK(report.text("lock", name) == "one was taken, extended and released by script and by transaction");
    }
    CHECK(Report{server.uri() + "," + other.uri()}.trouble() == Trouble{"nodes warn"});
}

TEST_CASE("doctor: what is accepted counts as well, and a word that is no check is refused") {
    RedisServer server;
    const Report accepted{server.uri(), {"--accept", "nodes,persistence"}};
    CHECK(accepted.status == 0);
    CHECK(accepted.report["verdict"] == "ok");
    CHECK(accepted.trouble() == Trouble{"persistence warn"});
    for (const json& finding : accepted.report["findings"])
        CHECK(finding["accepted"] == (finding["check"] == "persistence"));
    const auto doctor = [&](const std::string& checks) {
        return finish(
            holdfast::test::holdfast({"doctor", "--node-timeout", "3s", "--node", server.uri(), "--accept", checks}));
    };
    const Finished table = doctor("persistence");
    CHECK(table.status() == 0);
    CHECK(has(table.out, fmt::format("\n(WARN)  {}  persistence  a restart makes", server.uri())));
    CHECK(has(table.out, "\nall is well, accepted 1\n"));
    CHECK_FALSE(has(table.out, "->"));
    const Finished wrong = doctor("persistence,evicton");
    CHECK(wrong.status() == 64);
    CHECK(has(wrong.err,
              "'evicton' is not a check of doctor (did you mean 'eviction'?); the checks are nodes, timing, "));
    server.command({"CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"});
    CHECK(doctor("persistence,eviction").status() == 69);
}

TEST_CASE("doctor tells what replicas a master has, and that a replica of a node is no other node") {
    RedisServer master{forgets_nothing, RedisServer::Listens::loopback};
    const std::string port = fmt::format("{}", master.port());
    RedisServer replica{{"--replicaof", "127.0.0.1", port, "--repl-diskless-sync-delay", "0"}};
    REQUIRE(eventually([&] { return has(master.text({"INFO", "replication"}), "state=online"); }));
    const Report report{master.uri()};
    CHECK(report.status == 1);
    CHECK(report.trouble() == Trouble{"replicas warn"});
    CHECK(report.text("replicas") == "1 of 1 replica in sync: a failover gives a lock that no replica has yet to two");
    CHECK(Report{master.uri(), {"--accept", "replicas"}}.status == 0);
    RedisServer other{forgets_nothing};
    const Report twice{master.uri() + "," + other.uri() + "," + replica.uri()};
    CHECK(twice.status == 69);
    CHECK(twice.trouble() == Trouble{"identity fail", "reachable fail"});
    CHECK(twice.text("identity") ==
          fmt::format("{} and {} replicate each other, or the same master: together they have one vote", master.uri(),
                      replica.uri()));
    replica.pause();
    REQUIRE(eventually([&] { return has(master.text({"INFO", "replication"}), "lag=4"); }));
    CHECK(Report{master.uri()}.text("replicas") == "1 replica, none in sync: a failover loses its locks");
    replica.resume();
}

TEST_CASE("doctor says the same each time of a node of a cluster, and that two of them are not two nodes") {
    Cluster cluster{3, 1, 2s, forgets_nothing};
    for (size_t i = 0; i < 9; ++i) {
        const Report report{cluster[i % 3].uri()};
        CHECK(report.status == 1);
        CHECK(report.trouble() == Trouble{"replicas warn", "cluster warn"});
        CHECK(report.text("cluster") == "it is part of a cluster of 3 shards with 3 replicas: only locks whose names "
                                        "fall to it can be had, about one in 3");
        CHECK(report.advice("cluster") == fmt::format("write cluster://127.0.0.1:{}", cluster[i % 3].port()));
        CHECK(report.text("failover").starts_with("an unplanned one takes up to 5s (cluster-node-timeout 2s); "));
    }
    CHECK(Report{cluster[0].uri(), {"--node-timeout", "600ms"}, {.environment = {{"HOLDFAST_TTL", "9s"}}}}.trouble() ==
          Trouble{"replicas warn", "cluster warn", "failover warn"});
    const Report two{cluster[0].uri() + "," + cluster[2].uri()};
    CHECK(two.status == 69);
    CHECK(two.text("identity") == fmt::format("{} and {} are parts of one cluster: a lock is on one of them alone",
                                              cluster[0].uri(), cluster[2].uri()));
    for (size_t i = 0; i < 3; ++i) CHECK(cluster[i].text({"DBSIZE"}) == "0");
}

TEST_CASE("doctor finds a cluster that is named as one well") {
    Cluster cluster{3, 0, 2s, forgets_nothing};
    for (int i = 0; i < 4; ++i) {
        const Report report{cluster.uri()};
        CHECK(report.status == 0);
        CHECK(report.text("cluster") == "a cluster of 3 shards with 0 replicas");
    }
}

TEST_CASE("doctor fails a cluster of which a shard is dead, whatever slot it looks at") {
    Cluster cluster{3, 0, 1s, {"--cluster-require-full-coverage", "no"}};
    cluster[1].kill();
    for (const size_t i : {0U, 2U})
        REQUIRE(eventually([&] { return has(cluster[i].text({"CLUSTER", "NODES"}), "master,fail "); }));
    for (const size_t i : {0U, 2U}) {
        const Report report{cluster[i].uri()};
        CHECK(report.status == 69);
        CHECK(has(report.text("cluster"), "of its 16384 slots have no server, and no lock can be had there"));
    }
}

TEST_CASE("doctor tells the Sentinels of a node, and whether a lock outlives their failover") {
    Sentinels group{1s, forgets_nothing};
    const Report report{group.uri()};
    CHECK(report.status == 1);
    CHECK(report.trouble() == Trouble{"replicas warn"});
    CHECK(report.text("sentinel") == "3 of 3 Sentinels answer; 2 of them find the master dead after 1s");
    CHECK(report.text("failover").starts_with("an unplanned one takes up to 4s (down-after-milliseconds 1s); "));
    CHECK(Report{group.uri() + "?replicas=2"}.status == 0);
    CHECK(Report{group.uri() + "?replicas=1"}.trouble() == Trouble{"replicas warn"});
    CHECK(Report{group.uri() + "?replicas=3"}.text("replicas") ==
          "2 of 2 replicas in sync, and 3 must have each grant");
    const Report short_lived{group.uri(), {"--node-timeout", "500ms"}, {.environment = {{"HOLDFAST_TTL", "6s"}}}};
    CHECK(short_lived.trouble() == Trouble{"replicas warn", "failover warn"});
}

TEST_CASE("doctor is well with a server whose provider has taken CONFIG away, and says what lacks without INFO") {
    RedisServer no_config{{"--rename-command", "CONFIG", ""}};
    const Report report{no_config.uri()};
    CHECK(report.trouble() == Trouble{"persistence warn"});
    CHECK(report.text("rights") == "our user may do all that locks need; the server does not offer config|get (what a "
                                   "restart forgets stays unknown)");
    CHECK(Report{no_config.uri(), {"--accept", "persistence"}}.status == 0);
    RedisServer no_info{{"--rename-command", "CONFIG", "", "--rename-command", "INFO", ""}};
    const Report curt{no_info.uri()};
    CHECK(curt.trouble() == Trouble{"version warn"});
    CHECK(curt.advice("version") == "that server, or its provider, does not offer it");
}

TEST_CASE("doctor names the pattern of keys that a tenant's user lacks") {
    RedisServer server{forgets_nothing};
    server.command({"ACL", "SETUSER", "default", "resetkeys", "~app1:*", "resetchannels", "&app1:*"});
    const Report outside{server.uri()};
    CHECK(outside.status == 69);
    CHECK(has(outside.text("rights"), "our user lacks ~holdfast:* (no lock without it), &holdfast:* ("));
    CHECK(has(outside.advice("rights"), "or choose a --key-prefix inside the keys that it may use"));
    CHECK(Report{server.uri(), {"--key-prefix", "app1:"}}.status == 0);
}

TEST_CASE("doctor says of a server that has all its clients what to do about that") {
    RedisServer server{{"--maxclients", "1"}, RedisServer::Listens::loopback};
    NodeSet taken{{server.node()}, 5s};
    taken.resolve();
    taken.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }});
    const Report report{server.uri()};
    CHECK(report.trouble() == Trouble{"reachable fail"});
    CHECK(report.text("reachable") == "it has all the clients that its maxclients allows; raise maxclients, or see "
                                      "whose connections they are (CLIENT LIST)");
}

TEST_CASE("doctor finds keys without an expiry under the prefix, of any type, and only there") {
    RedisServer server{forgets_nothing};
    server.command({"SET", "holdfast:held", "x", "PX", "60000"});
    server.command({"SET", "other:key", "x"});
    server.command({"LPUSH", "holdfast:list", "x"});
    const Report one{server.uri()};
    CHECK(one.status == 1);
    CHECK(one.trouble() == Trouble{"leftovers warn"});
    CHECK(one.text("leftovers") == "a key without an expiry, which nobody can lock: holdfast:list");
    CHECK(Report{server.uri(), {"--key-prefix", "h*"}}.status == 0);
    CHECK(Report{server.uri(), {"--key-prefix", ""}}.status == 0);
    server.command({"EVAL", "for i = 1, 3000 do redis.call('SET', 'holdfast:' .. i, 'x') end", "0"});
    CHECK(Report{server.uri()}.text("leftovers").starts_with("3001 keys without an expiry, which nobody can lock: "));
    server.command({"EVAL", "for i = 1, 150000 do redis.call('SET', 'other:' .. i, 'x') end", "0"});
    CHECK(Report{server.uri()}.text("leftovers").ends_with("; not all of its keys were looked at"));
}

TEST_CASE("doctor measures the clocks against this host's") {
    RedisServers servers{3};
    for (const auto& [ahead_by, words] : {std::pair{"3600", "behind this host's"}, {"-3600", "ahead of this host's"}}) {
        const Report report{servers.uris(),
                            {},
                            {.environment = {{"LD_PRELOAD", HOLDFAST_WALL_CLOCK},
                                             {"WALL_CLOCK_IS_AHEAD_BY", ahead_by},
                                             {"ASAN_OPTIONS", "verify_asan_link_order=0"}}}};
        CHECK(report.status == 1);
        CHECK(std::ranges::count(report.trouble(), "clock warn") == 3);
        CHECK(std::ranges::count(report.trouble(), "clocks warn") == 0);
        CHECK(has(report.text("clock", servers[1].uri()), words));
    }
}

TEST_CASE("doctor does not wait for nodes that hang, are gone or talk nonsense, and says which") {
    RedisServer well;
    RedisServer hangs{{}, RedisServer::Listens::loopback};
    hangs.pause();
    Listener gone{0};
    std::vector<Fd> queue;
    for (int i = 0; i < 4; ++i) queue.push_back(gone.connect());
    Listener babbles{4};
    std::jthread babbler{[&] {
        const Fd client{::accept(babbles.fd(), nullptr, nullptr)};
        ::send(client.get(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
        char byte{};
        while (::recv(client.get(), &byte, 1, 0) > 0) {
        }
    }};
    const auto at = [](const Listener& listener) { return fmt::format("redis://127.0.0.1:{}", listener.port()); };
    const BootTime begin = BootClock::now();
    const Report report{fmt::format("{},{},{},{}", well.uri(), hangs.uri(), at(gone), at(babbles)),
                        {"--node-timeout", fmt::format("{}ms", node_timeout.count())}};
    CHECK(BootClock::now() - begin < longest);
    hangs.resume();
    CHECK(report.status == 69);
    CHECK(report.trouble() ==
          Trouble{"nodes warn", "persistence warn", "reachable fail", "reachable fail", "reachable fail"});
    CHECK(report.text("reachable", well.uri()) == "it answers");
    CHECK(report.text("reachable", hangs.uri()) == "no answer in 500ms");
    CHECK(report.text("reachable", at(gone)) == "no connection in 1s");
    CHECK(has(report.text("reachable", at(babbles)), "not Redis"));
}

TEST_CASE("doctor says it when the password is wrong, and does not show it") {
    RedisServer server{{"--requirepass", "right"}, RedisServer::Listens::loopback};
    const Report report{fmt::format("redis://:wrong-one@127.0.0.1:{}", server.node().port)};
    CHECK(report.status == 69);
    CHECK(report.text("reachable") ==
          "it does not let user 'default' in with the password from the node's URI or else from "
          "HOLDFAST_PASSWORD or --password-file; another user stands in its address: redis://USER:@HOST");
    CHECK(report.report.dump().find("wrong-one") == std::string::npos);
}

TEST_CASE("doctor judges by the TTL and the grace that are typed") {
    const RedisServer server;
    const Report report{server.uri(), {"--ttl", "9s", "--node-timeout", "800ms"}};
    CHECK(report.text("timing") == "TTL 9s, renewed every 3s, node timeout 800ms");
    CHECK(Report{server.uri(), {"--ttl", "9s", "--grace", "8s", "--node-timeout", "800ms"}}.status == 69);
}

TEST_CASE("doctor tells a server that is part of a cluster") {
    RedisServer server{{"--cluster-enabled", "yes"}, RedisServer::Listens::loopback};
    const Report report{server.uri()};
    CHECK(report.status == 69);
    CHECK(report.trouble() == Trouble{"cluster fail", "persistence warn", "lock fail"});
    CHECK(has(report.text("lock"), "CLUSTERDOWN"));
}

TEST_CASE("doctor says one thing of a server that a script keeps busy, and of a database in a cluster") {
    RedisServer server{{"--cluster-enabled", "yes", "--lua-time-limit", "50"}, RedisServer::Listens::loopback};
    const Report database{server.uri() + "/1"};
    CHECK(database.trouble() == Trouble{"reachable fail"});
    // Valkey 9 has databases in a cluster, one by default.
    const std::string why = database.text("reachable");
    CHECK((why == "in a cluster it has database 0 alone; leave the database out of its URI" ||
           why == "it has no database 1; see 'databases' in its configuration"));
    Process script{{"redis-cli", "-p", fmt::format("{}", server.node().port), "eval", "while true do end", "0"}};
    const auto ping = [&] { return finish({"redis-cli", "-p", fmt::format("{}", server.node().port), "ping"}).out; };
    REQUIRE(eventually([&] { return has(ping(), "BUSY"); }));
    const Report busy{server.uri()};
    CHECK(busy.status == 69);
    CHECK(busy.trouble() == Trouble{"reachable fail"});
    CHECK(busy.text("reachable").starts_with("it says: BUSY "));
}

} // namespace holdfast::test::doctor_test
