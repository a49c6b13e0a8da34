// What doctor makes of what the nodes said.
#include "doctor/judgement.hpp"
#include "doctor/rights.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

namespace holdfast::test::doctor_test {

using namespace std::chrono_literals;

namespace {

const LockTerms terms{{30s, 5s, 1s}, 60s};

Reply text(std::string value) { return {Reply::Type::text, std::move(value), 0, {}}; }
Reply error(std::string words) { return {Reply::Type::error, std::move(words), 0, {}}; }

/// An answer to INFO in which these lines are other than all is well.
Reply info(const std::string& lines = "") {
    // The first line of a name counts.
    return text("# Server\r\n" + lines +
                "redis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:a\r\nuptime_in_seconds:7200\r\nmaxmemory:0\r\n"
                "maxmemory_policy:noeviction\r\naof_enabled:1\r\nrole:master\r\n");
}

Reply config(const std::string& fsync) {
    return {Reply::Type::list, {}, 0, {text("appendonly"), text("yes"), text("appendfsync"), text(fsync)}};
}

Facts healthy(const std::string& lines = "") {
    Facts facts{.node = "a"};
    facts.info = info(lines);
    facts.config = config("always");
    facts.latencies = {1ms, 2ms, 1ms};
    facts.clock = Clock{3ms, 1ms};
    facts.as_run.outcome = facts.transaction.outcome = Trial::Outcome::worked;
    facts.rights.resize(rights_probe({"x", "holdfast:"}, {}).commands());
    facts.told = true;
    facts.leftovers = Leftovers{.complete = true};
    return facts;
}

std::vector<Facts> three() {
    std::vector<Facts> nodes;
    for (const char* name : {"a", "b", "c"}) {
        nodes.push_back(healthy(fmt::format("run_id:{}\r\n", name)));
        nodes.back().node = name;
    }
    return nodes;
}

Diagnosis judged(const std::vector<Facts>& nodes, const LockTerms& by = terms) { return judge(nodes, "holdfast:", by); }

Finding found(const Diagnosis& diagnosis, const std::string& check, std::optional<size_t> node = 0) {
    const auto at = std::ranges::find_if(
        diagnosis.findings, [&](const Finding& finding) { return finding.check == check && finding.node == node; });
    REQUIRE(at != diagnosis.findings.end());
    return *at;
}

Finding found(const Facts& facts, const std::string& check) { return found(judged({facts}), check); }

constexpr std::optional<size_t> all_nodes{};

} // namespace

TEST_CASE("doctor: where all is well nothing else is said, with one node and with three") {
    for (const Diagnosis& diagnosis : {judged({healthy()}), judged(three())}) {
        for (const Finding& finding : diagnosis.findings) {
            CAPTURE(finding.check);
            CAPTURE(finding.text);
            CHECK(finding.severity == Severity::ok);
            CHECK(finding.advice.empty());
        }
        CHECK(diagnosis.works());
        CHECK(diagnosis.usable() == diagnosis.nodes.size());
    }
}

TEST_CASE("doctor: locks can be had while a quorum of nodes has no failure, and nothing fails for all of them") {
    auto nodes = three();
    nodes[0].failure = NodeFailure{NodeFailure::Kind::unreachable, "connection refused"};
    CHECK(judged(nodes).works());
    CHECK(judged(nodes).usable() == 2);
    CHECK(judged(nodes).worst() == Severity::fail);
    CHECK(found(judged(nodes), "reachable").text == "connection refused");
    nodes[2].as_run = {Trial::Outcome::failed, meaning(error("OOM command not allowed"))};
    CHECK_FALSE(judged(nodes).works());
    CHECK_FALSE(judged(three(), {{30s, 29s, 1s}, 60s}).works());
}

TEST_CASE("doctor: of a node that does not answer nothing else is said") {
    auto nodes = three();
    nodes[1] = Facts{.node = "b", .failure = NodeFailure{NodeFailure::Kind::timeout, "no answer in 1s"}};
    const Diagnosis diagnosis = judged(nodes);
    CHECK(std::ranges::count(diagnosis.findings, std::optional<size_t>{1}, &Finding::node) == 1);
    CHECK(found(diagnosis, "identity", all_nodes).severity == Severity::ok);
}

TEST_CASE("doctor: an even number of nodes is one too many") {
    auto nodes = three();
    CHECK(found(judged(nodes), "nodes", all_nodes).text == "3 nodes survive the failure of 1, 2 are needed");
    nodes.pop_back();
    CHECK(found(judged(nodes), "nodes", all_nodes).severity == Severity::warn);
    CHECK(found(judged(nodes), "nodes", all_nodes).text == "2 nodes survive no more failures than 1");
}

TEST_CASE("doctor: timings that run refuses fail, a TTL beyond the guard only where there is a guard") {
    CHECK(found(judged(three(), {{2min, 5s, 1s}, 60s}), "timing", all_nodes).severity == Severity::fail);
    CHECK(found(judged(three(), {{2min, 5s, 1s}, {}}), "timing", all_nodes).severity == Severity::ok);
    CHECK(found(judged({healthy()}, {{2min, 5s, 1s}, 60s}), "timing", all_nodes).severity == Severity::ok);
    CHECK(found(judged(three(), {{3s, 1s, 1s}, 60s}), "timing", all_nodes).severity == Severity::fail);
}

TEST_CASE("doctor: two names of one server are named") {
    auto nodes = three();
    nodes[2].info = nodes[0].info;
    CHECK(found(judged(nodes), "identity", all_nodes).text == "a and c are the same server");
    CHECK_FALSE(judged(nodes).works());
    nodes[2].info = error("NOPERM");
    CHECK(found(judged(nodes), "identity", all_nodes).severity == Severity::warn);
}

TEST_CASE("doctor: clocks may differ by a second, and what half the round trip may hide is not held against them") {
    Facts facts = healthy();
    for (const auto& [ahead, within, verdict] : {std::tuple{1000ms, 0ms, Severity::ok},
                                                 {1001ms, 0ms, Severity::warn},
                                                 {-1001ms, 0ms, Severity::warn},
                                                 {1200ms, 200ms, Severity::ok},
                                                 {-1201ms, 200ms, Severity::warn}}) {
        CAPTURE(ahead.count());
        facts.clock = Clock{ahead, within};
        CHECK(found(facts, "clock").severity == verdict);
    }
    facts.clock = Clock{-3s, 1ms};
    CHECK(found(facts, "clock").text == "3s behind this host's");
    auto nodes = three();
    nodes[0].clock = Clock{700ms, 10ms};
    nodes[1].clock = Clock{-310ms, 10ms};
    CHECK(found(judged(nodes), "clocks", all_nodes).severity == Severity::ok);
    nodes[0].clock = Clock{720ms, 10ms};
    CHECK(found(judged(nodes), "clocks", all_nodes).text == "the clock of a is 1.0s ahead of that of b");
    CHECK(found(judged(nodes), "clock").severity == Severity::ok);
}

TEST_CASE("doctor: answers that take more than a quarter of the node timeout") {
    Facts facts = healthy();
    facts.latencies = {1ms, 250ms, 2ms};
    CHECK(found(facts, "latency").text == "1.0 ms to 250 ms");
    CHECK(found(facts, "latency").severity == Severity::ok);
    facts.latencies = {1ms, 300ms, 2ms};
    CHECK(found(facts, "latency").text == "1.0 ms to 300 ms, and after 1s an answer is given up");
    CHECK(found(facts, "latency").advice ==
          "make --node-timeout at least 1.2s and --ttl at least 12s, or use nodes that are nearer");
}

TEST_CASE("doctor: what the server is") {
    CHECK(found(healthy("valkey_version:8.0.1\r\n"), "version").text == "Valkey 8.0.1");
    CHECK(found(healthy("redis_version:5.0.9\r\n"), "version").severity == Severity::warn);
    CHECK(found(healthy("redis_version:6.0.0\r\n"), "version").severity == Severity::ok);
    CHECK(found(healthy("role:slave\r\n"), "role").text == "it is a slave and has no vote");
    CHECK(found(healthy("role:slave\r\n"), "role").severity == Severity::fail);
    CHECK(judged({healthy("redis_mode:sentinel\r\n")}).findings.back().text ==
          "it is a Sentinel, which keeps no locks");
    CHECK(found(healthy("redis_mode:cluster\r\n"), "cluster").severity == Severity::warn);
    CHECK(found(healthy("server_mode:cluster\r\n"), "cluster").severity == Severity::warn);
    CHECK(found(healthy("redis_version:\x1b[2J\r\n"), "version").text == "Redis \\x1b[2J");
    CHECK(found(healthy(), "uptime").text == "for 2h");
    Facts silent = healthy();
    silent.info = error("NOPERM no 'info'");
    CHECK(found(silent, "version").severity == Severity::warn);
    CHECK(judged({silent}).works());
}

TEST_CASE("doctor: eviction fails where there is a limit and anything but noeviction") {
    CHECK(found(healthy("maxmemory_policy:volatile-lru\r\n"), "eviction").severity == Severity::ok);
    CHECK(found(healthy("maxmemory:1048576\r\n"), "eviction").severity == Severity::ok);
    for (const char* policy : {"volatile-lru", "volatile-ttl", "allkeys-lfu"})
        CHECK(
            found(healthy(fmt::format("maxmemory:1048576\r\nmaxmemory_policy:{}\r\n", policy)), "eviction").severity ==
            Severity::fail);
}

TEST_CASE("doctor: what a restart makes a node forget matters where nothing else knows it") {
    const LockTerms no_guard{{30s, 5s, 1s}, {}};
    const auto persistence = [&](size_t n, const std::string& aof, const std::string& fsync, const LockTerms& by) {
        auto nodes = three();
        nodes.resize(n);
        for (Facts& facts : nodes) facts.config = config(fsync);
        nodes[0].info = info(fmt::format("aof_enabled:{}\r\n", aof));
        return found(judged(nodes, by), "persistence");
    };
    for (const size_t n : {1, 2, 3}) CHECK(persistence(n, "1", "always", no_guard).severity == Severity::ok);
    CHECK(persistence(1, "1", "everysec", terms).severity == Severity::warn);
    CHECK(persistence(1, "0", "always", terms).severity == Severity::warn);
    CHECK(persistence(2, "0", "always", no_guard).severity == Severity::ok);
    CHECK(persistence(3, "0", "always", terms).severity == Severity::ok);
    CHECK(persistence(3, "0", "always", no_guard).severity == Severity::warn);
    CHECK(persistence(3, "1", "no", no_guard).severity == Severity::warn);
    CHECK(persistence(1, "0", "always", terms).text ==
          "a restart makes it forget locks (appendonly no), and then two may hold the same one");
    Facts unknown = healthy();
    unknown.config = error("NOPERM");
    CHECK(found(unknown, "persistence").severity == Severity::warn);
    Facts local = healthy("aof_enabled:0\r\n");
    local.remembers = true;
    CHECK(found(local, "persistence").severity == Severity::ok);
    Facts said = healthy("aof_enabled:1\r\n");
    said.durable = true;
    said.config = config("everysec");
    CHECK(found(said, "persistence").severity == Severity::fail);
    CHECK(found(said, "persistence").advice == "leave durable=yes out");
    said.config = config("always");
    CHECK(found(said, "persistence").severity == Severity::ok);
}

TEST_CASE("doctor: how a lock went, and what to do by the server's words") {
    Facts facts = healthy();
    facts.as_run = {Trial::Outcome::failed, meaning(error("READONLY You can't write"))};
    CHECK(found(facts, "lock").severity == Severity::fail);
    CHECK(found(facts, "lock").advice == "name its master instead");
    facts.as_run = {};
    CHECK(found(facts, "lock").severity == Severity::warn);
    facts.as_run = {Trial::Outcome::failed, meaning(error("ERR no such thing"))};
    CHECK(found(facts, "lock").advice == "see its log");
    // A cluster node that has none of all the names that were tried has no slots.
    facts = healthy("redis_mode:cluster\r\n");
    facts.as_run = {Trial::Outcome::failed, meaning(error("MOVED 1 10.0.0.1:7001"))};
    CHECK(found(facts, "lock").severity == Severity::fail);
    CHECK(found(facts, "lock").advice == "write cluster:// for redis://");
    facts.as_run = {Trial::Outcome::failed, meaning(error("CLUSTERDOWN Hash slot not served"))};
    CHECK(found(facts, "lock").severity == Severity::fail);
    facts = healthy();
    facts.transaction = {Trial::Outcome::failed, meaning(error("NOPERM"))};
    CHECK(found(facts, "lock").severity == Severity::warn);
    facts.by_transaction = true;
    facts.transaction = {};
    CHECK(found(facts, "lock").severity == Severity::warn);
    CHECK(found(judged({facts}, {terms.timing, 60s, Mode::transactions}), "lock").severity == Severity::ok);
}

TEST_CASE("doctor: a right that is lacking is named with what it costs") {
    Facts facts = healthy();
    const auto lacking = [&](size_t command) {
        Facts lacks = facts;
        lacks.rights[command] = error("NOPERM this user has no permissions to run the command");
        return found(lacks, "rights");
    };
    CHECK(lacking(0).severity == Severity::warn);
    CHECK(lacking(0).text == "our user lacks +ping (who waits hears of a release later); it says: NOPERM this user has "
                             "no permissions to run the command");
    CHECK(lacking(3).severity == Severity::fail);
    CHECK(lacking(3).text.starts_with("our user lacks +time (no lock without it); it says: NOPERM"));
    facts.rights[3] = error("OOM command not allowed when used memory > 'maxmemory'.");
    CHECK(found(facts, "rights").severity == Severity::ok);
    facts.told = false;
    CHECK(found(facts, "rights").severity == Severity::ok); // Redis 8.6.3 refuses SUBSCRIBE then, as well
    facts.rights = healthy().rights;
    CHECK(found(facts, "rights").text == "our user lacks +subscribe (who waits or loses the lock hears of it later)");
    facts.info = info("redis_version:5.0.9\r\n");
    CHECK(found(facts, "rights").severity == Severity::ok);
    facts.rights.clear();
    CHECK(found(facts, "rights").severity == Severity::warn);
}

TEST_CASE("doctor: a command that the server does not know is no right that our user lacks") {
    const size_t config = 2;
    const size_t time = 3;
    Facts facts = healthy();
    facts.rights[config] = error("ERR unknown command 'CONFIG', with args beginning with: 'GET' ");
    CHECK(found(facts, "rights").severity == Severity::ok);
    CHECK(found(facts, "rights").text == "our user may do all that locks need; the server does not offer config|get "
                                         "(what a restart forgets stays unknown)");
    facts.rights[time] = facts.rights[config];
    CHECK(found(facts, "rights").severity == Severity::fail);
    facts.no_clock = meaning(facts.rights[time]);
    CHECK(found(facts, "clock").advice == "that server, or its provider, does not offer it");
    facts.no_clock = meaning(error("NOPERM no 'time'"));
    CHECK(found(facts, "clock").advice == "give our user the rights that holdfast doctor --acl prints");
}

TEST_CASE("doctor: a pattern of keys that lacks is named, with another way out") {
    Facts facts = healthy();
    facts.rights[4] = error("NOPERM No permissions to access a key");
    CHECK(found(facts, "rights").text.starts_with("our user lacks ~holdfast:* (no lock without it)"));
    CHECK(found(facts, "rights").advice ==
          "give our user the rights that holdfast doctor --acl prints, or choose a --key-prefix inside the keys that "
          "it may use (ACL GETUSER shows them)");
}

TEST_CASE("doctor: of a server that refuses all for a while one thing is said") {
    Facts facts = healthy();
    facts.as_run = {Trial::Outcome::failed, meaning(error("BUSY Redis is busy running a script."))};
    const Diagnosis diagnosis = judged({facts});
    CHECK(diagnosis.findings.back().check == "lock");
    CHECK(diagnosis.findings.back().text.ends_with("; the rest could not be looked at"));
}

TEST_CASE("doctor: every check has a name that can be accepted, and of what is accepted only failures count") {
    auto nodes = three();
    nodes[0] = healthy("redis_mode:cluster\r\nslave0:ip=h,port=1,state=online,offset=1,lag=0\r\n");
    nodes[0].sentinel = SentinelFacts{3, 3, 2, 1s};
    nodes.pop_back();
    Diagnosis diagnosis = judged(nodes);
    for (const Finding& finding : diagnosis.findings) {
        CAPTURE(finding.check);
        CHECK(std::ranges::find(checks, finding.check) != checks.end());
    }
    CHECK(diagnosis.worst() == Severity::warn);
    diagnosis.accept({"nodes"});
    CHECK(diagnosis.worst() == Severity::warn);
    diagnosis.accept({"nodes", "cluster"});
    CHECK(diagnosis.worst() == Severity::ok);
    nodes[1].as_run = {Trial::Outcome::failed, meaning(error("OOM"))};
    diagnosis = judged(nodes);
    diagnosis.accept({"nodes", "cluster", "lock"});
    CHECK(diagnosis.worst() == Severity::fail);
}

TEST_CASE("doctor: what a failover of a node with replicas takes away, and what helps") {
    const std::string in_sync = "slave0:ip=127.0.0.1,port=7001,state=online,offset=14,lag=1\r\n";
    const std::string lags = "slave1:ip=127.0.0.1,port=7002,state=online,offset=14,lag=9\r\n";
    const std::string loads = "slave1:ip=127.0.0.1,port=7002,state=wait_bgsave,offset=0,lag=0\r\n";
    const auto replicas = [](const std::string& lines, int wanted) {
        Facts facts = healthy(lines);
        facts.replicas = wanted;
        facts.rights.resize(rights_probe({"x", "holdfast:"}, {.waits = wanted > 0}).commands());
        return found(facts, "replicas");
    };
    CHECK(replicas("", 0).text == "none: it stands alone");
    CHECK(replicas("", 0).severity == Severity::ok);
    CHECK(replicas("", 1).severity == Severity::warn);
    CHECK(replicas(in_sync, 0).text ==
          "1 of 1 replica in sync: a failover gives a lock that no replica has yet to two");
    CHECK(replicas(in_sync, 0).severity == Severity::warn);
    CHECK(replicas(in_sync, 1).text == "1 of 1 replica in sync, and each has every grant");
    CHECK(replicas(in_sync, 1).severity == Severity::ok);
    CHECK(replicas(in_sync + lags, 0).text.starts_with("1 of 2 replicas in sync"));
    CHECK(replicas(in_sync + loads, 2).text == "1 of 2 replicas in sync, and 2 must have each grant");
    CHECK(replicas(in_sync + loads, 1).text ==
          "1 of 2 replicas in sync, and 1 must have each grant: a failover to another one loses it");
    CHECK(replicas(in_sync + loads, 1).advice.starts_with("make --replicas 2, or give all replicas the same "));
    CHECK(replicas("slave0:ip=127.0.0.1,port=7001,state=online,offset=14,lag=9\r\n", 0).text ==
          "1 replica, none in sync: a failover loses its locks");
    Facts limited = healthy(in_sync);
    limited.config.items.insert(limited.config.items.end(),
                                {text("min-replicas-to-write"), text("1"), text("min-replicas-max-lag"), text("10")});
    CHECK(found(limited, "replicas")
              .text.ends_with("(min-replicas-to-write 1 stops a master that is cut off after 10 s)"));
    auto nodes = three();
    nodes[0].info = info(in_sync);
    CHECK(found(judged(nodes), "replicas").severity == Severity::ok);
    limited.config.items.insert(limited.config.items.end(), {text("active-replica"), text("yes")});
    CHECK(found(limited, "replicas").severity == Severity::fail);
}

TEST_CASE("doctor: whether a lock outlives a failover of its cluster or Sentinel group") {
    Facts shard = healthy("redis_mode:cluster\r\nslave0:ip=h,port=1,state=online,offset=1,lag=0\r\n");
    shard.locator = Node::Locator::cluster;
    const auto with = [&](const std::string& node_timeout) {
        Facts facts = shard;
        facts.config.items.insert(facts.config.items.end(), {text("cluster-node-timeout"), text(node_timeout)});
        return found(facts, "failover");
    };
    // Of a TTL of 30 s, 20 s are left when the renewal is due, less the grace of 5 s and half a second.
    CHECK(with("11000").severity == Severity::ok);
    CHECK(with("11500").severity == Severity::warn);
    CHECK(with("12000").text == "an unplanned one takes up to 15s (cluster-node-timeout 12s); a job goes on without "
                                "its node for 14s, and loses its lock");
    CHECK(found(shard, "failover")
              .text.starts_with("an unplanned one takes up to 18s (cluster-node-timeout 15s, by default)"));
    CHECK(found(shard, "failover").advice == "make --ttl 36s, or --grace or cluster-node-timeout shorter");
    CHECK(found(judged({shard}, {{36s, 5s, 1s}, 60s}), "failover").severity == Severity::ok);
    Facts watched = healthy();
    watched.locator = Node::Locator::sentinel;
    watched.sentinel = SentinelFacts{3, 3, 2, 30s};
    CHECK(found(watched, "failover").severity == Severity::warn);
    CHECK(found(watched, "sentinel").text == "3 of 3 Sentinels answer; 2 of them find the master dead after 30s");
    watched.sentinel = SentinelFacts{3, 3, 2, 11s};
    CHECK(found(watched, "failover").severity == Severity::ok);
    watched.sentinel->answered = 1;
    CHECK(found(watched, "sentinel").severity == Severity::fail);
    watched.sentinel = SentinelFacts{2, 2, 2, 11s};
    CHECK(found(watched, "sentinel").severity == Severity::warn);
}

TEST_CASE("doctor: two nodes of one replication group, or of one cluster, have one vote") {
    auto nodes = three();
    nodes[0].info = info("run_id:a\r\nmaster_replid:r\r\n");
    nodes[1].info = info("run_id:b\r\nmaster_replid:s\r\n");
    CHECK(found(judged(nodes), "identity", all_nodes).severity == Severity::ok);
    nodes[1] = Facts{.node = "b", .failure = NodeFailure{NodeFailure::Kind::no_vote, "it is a replica"}};
    nodes[1].info = info("run_id:b\r\nmaster_replid:r\r\n");
    CHECK(found(judged(nodes), "identity", all_nodes).text ==
          "a and b replicate each other, or the same master: together they have one vote");
    CHECK(found(judged(nodes), "identity", all_nodes).severity == Severity::fail);
    nodes = three();
    nodes[0].cluster =
        text("n1 :7001@17001 myself,master - 0 0 1 connected 0-8191\nn2 :7002@1 master - 0 0 2 connected\n");
    CHECK(found(judged(nodes), "identity", all_nodes).severity == Severity::ok);
    nodes[2].cluster =
        text("n1 :7001@17001 master - 0 0 1 connected 0-8191\nn2 :7002@1 myself,master - 0 0 2 connected\n");
    CHECK(found(judged(nodes), "identity", all_nodes).text ==
          "a and c are parts of one cluster: a lock is on one of them alone");
}

TEST_CASE("doctor: a cluster is shown with its size, and by its address with how to write it") {
    Facts facts = healthy("redis_mode:cluster\r\n");
    facts.node = "rediss://h:7001";
    facts.cluster =
        text("n1 :7001@1 myself,master - 0 0 1 connected 0-8191\nn2 :7002@1 master - 0 0 2 connected 8192-16383\n"
             "n3 :7003@1 slave n1 0 0 1 connected\n");
    CHECK(found(facts, "cluster").text == "it is part of a cluster of 2 shards with 1 replica: only locks whose names "
                                          "fall to it can be had, about one in 2");
    CHECK(found(facts, "cluster").advice == "write clusters://h:7001");
    facts.locator = Node::Locator::cluster;
    CHECK(found(facts, "cluster").text == "a cluster of 2 shards with 1 replica");
    CHECK(found(facts, "cluster").severity == Severity::ok);
}

TEST_CASE("doctor: slots of a cluster that no server has are counted, and moving ones are had") {
    Facts facts = healthy("redis_mode:cluster\r\n");
    facts.locator = Node::Locator::cluster;
    const auto with = [&](const std::string& flags, const std::string& slots) {
        facts.cluster = text("n1 :7001@1 myself,master - 0 0 1 connected 0-8191\n"
                             "n2 :7002@1 " +
                             flags + " - 0 0 2 connected " + slots + "\n");
        return found(facts, "cluster");
    };
    CHECK(with("master", "8192-16383").severity == Severity::ok);
    CHECK(with("master", "8192 8193-16383 [8192->-n1]").severity == Severity::ok);
    CHECK(with("master,fail?", "8192-16383").severity == Severity::ok);
    CHECK(with("master", "8193-16382").severity == Severity::fail);
    CHECK(with("master,fail", "8192-16383").text == "a cluster of 2 shards with 0 replicas: 8192 of its 16384 slots "
                                                    "have no server, and no lock can be had there");
}

TEST_CASE("doctor: the rule names the keys and channels under the prefix, whatever characters it has") {
    const auto starts_with = [](const std::string& prefix) {
        const std::string rule = acl_rule("me", prefix, {});
        return rule.substr(0, rule.find(" -@all"));
    };
    CHECK(starts_with("holdfast:") == "user me on >PASSWORD resetkeys ~holdfast:* resetchannels &holdfast:*");
    CHECK(starts_with("") == "user me on >PASSWORD resetkeys ~* resetchannels &*");
    CHECK(starts_with("a*[b]").find(" ~a\\*\\[b\\]* ") != std::string::npos);
    CHECK(acl_rule("me", "", {.selects = true}).ends_with(" +select"));
    CHECK(acl_rule("me", "", {.mode = Mode::transactions}).find("eval") == std::string::npos);
    CHECK(acl_rule("me", "", {}).find("+wait") == std::string::npos);
    CHECK(acl_rule("me", "", {.waits = true}).find(" +wait ") != std::string::npos);
}

TEST_CASE("doctor: keys without an expiry are counted, and a search that was cut short says so") {
    Facts facts = healthy();
    facts.leftovers = Leftovers{.complete = true, .count = 4, .first = {"holdfast:a", "holdfast:\x1b", "holdfast:c"}};
    CHECK(found(facts, "leftovers").severity == Severity::warn);
    CHECK(found(facts, "leftovers").text ==
          "4 keys without an expiry, which nobody can lock: holdfast:a holdfast:\\x1b holdfast:c ...");
    facts.leftovers = Leftovers{};
    CHECK(found(facts, "leftovers").text ==
          "no key without an expiry under holdfast:; not all of its keys were looked at");
}

} // namespace holdfast::test::doctor_test
