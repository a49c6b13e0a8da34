#include "lock/listing.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

void hold(const RedisServer& server, const std::string& name, const std::string& value = "") {
    const Record record = Record::make({"ab", 1}, {name, "me", "here", 1, 1ms, 30s});
    server.command({"SET", "holdfast:" + name, value.empty() ? record.value : value, "PX", "60000"});
}

std::vector<std::string> names(const Listing& listing) {
    std::vector<std::string> out;
    for (const auto& entry : listing.locks) out.push_back(entry.name);
    return out;
}

NodeSet looking_at(const RedisServers& servers) {
    NodeSet nodes{servers.nodes(), 1s};
    nodes.resolve();
    return nodes;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("every lock is listed once, by name, and what is no lock is not") {
    RedisServers servers{3};
    for (size_t i = 0; i < 3; ++i) hold(servers[i], "b");
    for (size_t i = 0; i < 2; ++i) hold(servers[i], "a");
    hold(servers[0], "foreign", "550e8400");
    servers[0].command({"SET", "holdfast:no-ttl", "x"});
    servers[0].command({"LPUSH", "holdfast:list", "x"});
    servers[0].command({"SET", "other:key", "x", "PX", "60000"});
    servers[0].command({"SET", "{holdfast:b}:void:ab.1", "1", "PX", "60000"});
    NodeSet nodes = looking_at(servers);
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    CHECK(names(listing) == Names{"a", "b", "foreign"});
    CHECK(listing.answered == 3);
    CHECK(listing.locks[0].inspection.holding == 2);
    CHECK(listing.locks[0].inspection.held());
    CHECK(listing.locks[1].inspection.holding == 3);
    CHECK_FALSE(listing.locks[2].inspection.held());
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

TEST_CASE("more keys than one batch holds are all found") {
    RedisServers servers{1};
    servers[0].command({"EVAL",
                        "for i = 1, 5000 do redis.call('SET', 'other:' .. i, 'x') end for i = 1, 20000 do "
                        "redis.call('SET', 'holdfast:a-name-of-some-length-' .. i, 'v', 'PX', 60000) end",
                        "0"});
    NodeSet nodes = looking_at(servers);
    CHECK(list_locks(nodes, "holdfast:", "*").locks.size() == 20000);
}

TEST_CASE("a node that is down is told, and the others list") {
    RedisServers servers{3};
    for (size_t i = 0; i < 3; ++i) hold(servers[i], "a");
    servers[1].kill();
    NodeSet nodes = looking_at(servers);
    const Listing listing = list_locks(nodes, "holdfast:", "*");
    CHECK(listing.answered == 2);
    CHECK(names(listing) == Names{"a"});
    CHECK(listing.nodes[1].text == "connection refused");
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
