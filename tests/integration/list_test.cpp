#include "lock/listing.hpp"
#include "support/hostile_server.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::list_test {

using namespace std::chrono_literals;

namespace {

void hold(const RedisServer& server, const std::string& name, const std::string& value = "") {
    const Record record = Record::make({"ab", 1}, {name, "me", "here", 1, 1ms, 30s});
    server.command({"SET", "holdfast:" + name, value.empty() ? record.value : value, "PX", "60000"});
}

std::vector<std::string> names(const Listing& listing) {
    std::vector<std::string> out;
    for (const Listing::Lock& entry : listing.locks) out.push_back(entry.key.name);
    return out;
}

NodeSet looking_at(const RedisServers& servers) {
    NodeSet nodes{servers.nodes(), 1s};
    nodes.resolve();
    return nodes;
}

using Names = std::vector<std::string>;

/// How often the server has been given that command since its statistics were reset.
int calls(const RedisServer& server, const std::string& command) {
    const std::string stats = server.text({"INFO", "commandstats"});
    const std::string before = "cmdstat_" + command + ":calls=";
    const size_t at = stats.find(before);
    return at == std::string::npos ? 0 : std::stoi(stats.substr(at + before.size()));
}

} // namespace

TEST_CASE("every lock is listed once, by name, and what is no lock is not") {
    RedisServers servers{3};
    for (size_t i = 0; i < 3; ++i) hold(servers[i], "b");
    for (size_t i = 0; i < 2; ++i) hold(servers[i], "a");
    hold(servers[0], "foreign", "550e8400");
    servers[0].command({"SET", "holdfast:no-ttl", "x"});
    servers[0].command({"LPUSH", "holdfast:list", "x"});
    servers[0].command({"LPUSH", "holdfast:list-with-ttl", "x"});
    servers[0].command({"PEXPIRE", "holdfast:list-with-ttl", "60000"});
    servers[0].command({"SET", "other:key", "x", "PX", "60000"});
    servers[0].command({"SET", "holdfast:b:{holdfast:b}:void:ab.1", "1", "PX", "60000"});
    NodeSet nodes = looking_at(servers);
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    CHECK(names(listing) == Names{"a", "b", "foreign"});
    CHECK(listing.answered() == 3);
    CHECK(listing.locks[0].inspection.holding == 2);
    CHECK(listing.locks[0].inspection.standing == Standing::held);
    CHECK(listing.locks[1].inspection.holding == 3);
    CHECK(listing.locks[2].inspection.standing == Standing::no_quorum);
}

TEST_CASE("a glob selects, and a prefix is not one") {
    RedisServers servers{1};
    for (const char* name : {"deploy-a", "deploy-b", "backup"}) hold(servers[0], name);
    servers[0].command({"SET", "h*:trap", "x", "PX", "60000"});
    NodeSet nodes = looking_at(servers);
    CHECK(names(list_locks(nodes, "holdfast:", "deploy-*")) == Names{"deploy-a", "deploy-b"});
    CHECK(names(list_locks(nodes, "holdfast:", "deploy-[a]")) == Names{"deploy-a"});
    CHECK(names(list_locks(nodes, "h*:", "*")) == Names{"trap"});
    CHECK(names(list_locks(nodes, "nothing:", "*")).empty());
}

TEST_CASE("keys are walked through and never asked for at once, and only names that match leave the server") {
    RedisServers servers{1};
    servers[0].command({"EVAL", "for i = 1, 5000 do redis.call('SET', 'other:' .. i, 'x', 'PX', 60000) end", "0"});
    for (const char* name : {"deploy-a", "deploy-b", "backup"}) hold(servers[0], name);
    NodeSet nodes = looking_at(servers);
    servers[0].command({"CONFIG", "RESETSTAT"});
    CHECK(names(list_locks(nodes, "holdfast:", "deploy-*")) == Names{"deploy-a", "deploy-b"});
    CHECK(calls(servers[0], "scan") > 1);
    CHECK(calls(servers[0], "keys") == 0);
    CHECK(calls(servers[0], "getrange") == 2);
    CHECK(calls(servers[0], "pttl") == 4); // whether it expires, and then how soon
}

TEST_CASE("more keys than one batch holds are all found") {
    RedisServers servers{1};
    servers[0].command({"EVAL",
                        "for i = 1, 5000 do redis.call('SET', 'other:' .. i, 'x') end for i = 1, 20000 do "
                        "redis.call('SET', 'holdfast:a-name-of-some-length-' .. i, 'v', 'PX', 60000) end",
                        "0"});
    NodeSet nodes = looking_at(servers);
    CHECK(list_locks(nodes, "holdfast:", "*").locks.size() == 20000);
}

TEST_CASE("a lock is listed with its fence number and how many live waiters it has") {
    RedisServers servers{1};
    hold(servers[0], "a");
    hold(servers[0], "b");
    servers[0].command({"SET", "holdfast:a:{holdfast:a}:fence", "1700000000000"});
    const std::string now = fmt::format("{}", wall_time_since_epoch().count());
    const std::string later = now + "0";
    for (const auto& [waiter, until] : {std::pair{"aa {}", later}, {"bb {}", later}, {"cc {}", now}}) {
        servers[0].command({"ZADD", "holdfast:a:{holdfast:a}:queue", now, waiter});
        servers[0].command({"ZADD", "holdfast:a:{holdfast:a}:seen", until, waiter});
    }
    // What stands in their place under another lock's name hides nothing else.
    servers[0].command({"SET", "holdfast:b:{holdfast:b}:seen", "x"});
    NodeSet nodes = looking_at(servers);
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    REQUIRE(names(listing) == Names{"a"});
    CHECK(listing.locks[0].inspection.fence == Fence{1'700'000'000'000});
    CHECK(listing.locks[0].inspection.waiting == 2);
    CHECK(inspect(nodes, {"a", "holdfast:"}).waiting == 2);
}

TEST_CASE("the keys that stand beside locks are no locks, nor are those of earlier versions") {
    RedisServers servers{1};
    hold(servers[0], "a");
    for (const char* key : {"holdfast:a:{holdfast:a}:fence", "holdfast:a:{holdfast:a}:void:ab.1", "{holdfast:a}:fence",
                            "{holdfast:a}:void:ab.1"})
        servers[0].command({"SET", key, "1", "PX", "60000"});
    NodeSet nodes = looking_at(servers);
    CHECK(names(list_locks(nodes, "", "*")) == Names{"holdfast:a"});
    CHECK(names(list_locks(nodes, "holdfast:", "*")) == Names{"a"});
    CHECK(names(list_locks(nodes, "holdfast:", "a:*")).empty());
}

TEST_CASE("a node that refuses us is told as such") {
    RedisServers servers{1};
    hold(servers[0], "a");
    servers[0].command({"ACL", "SETUSER", "default", "-pttl"});
    NodeSet nodes = looking_at(servers);
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    CHECK(listing.answered() == 0);
    CHECK(listing.nodes[0].failure->kind == NodeFailure::Kind::denied);
}

TEST_CASE("to list 4,000 locks among 100,000 keys takes few more requests than a walk, and asks nothing twice") {
    RedisServers servers{1};
    // In parts, because a server answers nothing meanwhile.
    for (int part = 0; part < 10; ++part)
        servers[0].command({"EVAL",
                            "for i = 1, 9600 do redis.call('SET', 'other:' .. ARGV[1] .. i, 'x') end for i = 1, 400 do "
                            "redis.call('SET', 'holdfast:' .. ARGV[1] .. i, 'v', 'PX', 600000) end",
                            "0", fmt::format("{}-", part)});
    NodeSet nodes = looking_at(servers);
    std::string cursor = "0";
    do {
        const Answers answers = nodes.ask_all({"SCAN", cursor, "MATCH", "holdfast:*", "COUNT", "2000"},
                                              {.enough = [](const Answers&) { return false; }});
        cursor = answers[0]->replies->front().items[0].text;
    } while (cursor != "0");
    const int walk = calls(servers[0], "scan");
    servers[0].command({"CONFIG", "RESETSTAT"});
    CHECK(list_locks(nodes, "holdfast:", "*").locks.size() == 4000);
    CHECK(calls(servers[0], "scan") == walk);
    CHECK(calls(servers[0], "time") < 2 * walk); // one leads each request
    CHECK(calls(servers[0], "pttl") == 8000);
    CHECK(calls(servers[0], "getrange") == 4000);
    CHECK(calls(servers[0], "get") == 4000);
    CHECK(calls(servers[0], "zcount") == 4000);
}

TEST_CASE("a node that is down is told, and the others list") {
    RedisServers servers{3};
    for (size_t i = 0; i < 3; ++i) hold(servers[i], "a");
    servers[1].kill();
    NodeSet nodes = looking_at(servers);
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    CHECK(listing.answered() == 2);
    CHECK(names(listing) == Names{"a"});
    CHECK(listing.nodes[1].failure->text == "connection refused");
    CHECK(listing.locks[0].inspection.standing == Standing::held);
}

TEST_CASE("a lock expires when fewer than a quorum of nodes hold it") {
    RedisServers servers{3};
    for (const auto& [node, px] : {std::pair{0, "60000"}, {1, "20000"}, {2, "40000"}})
        servers[static_cast<size_t>(node)].command({"SET", "holdfast:a", "v", "PX", px});
    NodeSet nodes = looking_at(servers);
    for (const Inspection& seen :
         {inspect(nodes, {"a", "holdfast:"}), list_locks(nodes, "holdfast:", "*").locks.at(0).inspection}) {
        CHECK(seen.expires_in <= 40s);
        CHECK(seen.expires_in > 20s);
    }
}

TEST_CASE("a server that refuses a walk as a key of another type does not walk for ever") {
    RedisServer real;
    const HostileServer server{{.name = "no walk", .says = "-WRONGTYPE no\r\n", .each = true},
                               real.node(),
                               [](const auto& words) { return words[0].text == "SCAN"; }};
    NodeSet nodes{{*parse_node(server.uri())}, 1s};
    nodes.resolve();
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    REQUIRE(listing.nodes[0].failure);
    CHECK(listing.nodes[0].failure->text == "its answer makes no sense here");
}

TEST_CASE("a log that has no end is not read without end") {
    RedisServer real;
    real.command({"XADD", "holdfast:x:{holdfast:x}:log", "1-0", "a", "b"});
    std::string page = "*1000\r\n";
    for (int i = 0; i < 1000; ++i) page += "*2\r\n$3\r\n1-0\r\n*0\r\n";
    const HostileServer server{{.name = "no end", .says = page, .each = true}, real.node(), [](const auto& words) {
                                   return words[0].text == "XREVRANGE";
                               }};
    NodeSet nodes{{*parse_node(server.uri())}, 1s};
    nodes.resolve();
    const Listing listing = list_locks(nodes, "holdfast:", "*", Beside::logs);
    CHECK(names(listing) == Names{"x"});
    CHECK(listing.runs.empty());
}

} // namespace holdfast::test::list_test
