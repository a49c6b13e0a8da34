#include "base/nearest.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace holdfast::test::nearest_test {

TEST_CASE("the word that was meant is near the one that was typed") {
    const std::vector<std::string> known{"ttl", "wait", "nodes", "node-timeout", "restart-guard"};
    CHECK(nearest("tll", known) == "ttl");
    CHECK(nearest("wiat", known) == "wait");
    CHECK(nearest("node_timeout", known) == "node-timeout");
    CHECK(nearest("node", known) == "nodes");
    CHECK(nearest("restart", known) == "restart-guard");
    CHECK(nearest("TTL", known) == "ttl");
    CHECK(nearest("colour", known).empty());
    CHECK(nearest("", known).empty());
    CHECK(nearest(std::string(5000, 'x'), known).empty());
    CHECK(nearest("--type", std::vector<std::string>{"--tree"}).empty());
    const std::vector<std::string> options{"--wait", "--nonblock", "--tree", "--no-scripts"};
    for (const char* opposite : {"--nowait", "--no-wait", "--block", "--no-tree", "--scripts"})
        CHECK(nearest(opposite, options).empty());
    CHECK(did_you_mean("tll", known) == " (did you mean 'ttl'?)");
    CHECK(did_you_mean("xyz", known).empty());
}

} // namespace holdfast::test::nearest_test
