#include "redis/node.hpp"

#include <doctest/doctest.h>

using namespace holdfast;

namespace {

Node parsed(std::string_view uri) {
    const auto node = parse_node(uri);
    REQUIRE(node.has_value());
    return *node;
}

} // namespace

TEST_CASE("a bare host is a node on the usual port") {
    CHECK(parsed("db1").host == "db1");
    CHECK(parsed("db1").port == 6379);
    CHECK(parsed("db1:7000").port == 7000);
    CHECK(parsed("10.0.0.1:1").display() == "redis://10.0.0.1:1");
}

TEST_CASE("a redis URI has user, password, port and database") {
    const Node node = parsed("redis://joe:p%40ss%2Fw:rd@db1:7000/3");
    CHECK(node.host == "db1");
    CHECK(node.port == 7000);
    CHECK(node.db == 3);
    CHECK(node.user == "joe");
    CHECK(node.password.reveal() == "p@ss/w:rd");
    CHECK(parsed("redis://:secret@db1").user.empty());
    CHECK(parsed("redis://:secret@db1").password.reveal() == "secret");
}

TEST_CASE("a node is shown without user and password") {
    CHECK(parsed("redis://joe:secret@db1:7000/3").display() == "redis://db1:7000/3");
    CHECK(parsed("redis://[::1]:7000").display() == "redis://[::1]:7000");
    CHECK(parsed("unix:///run/r.sock?db=2").display() == "unix:///run/r.sock?db=2");
}

TEST_CASE("an IPv6 address stands in brackets") {
    CHECK(parsed("[::1]").host == "::1");
    CHECK(parsed("[::1]:7000").port == 7000);
    CHECK_FALSE(parse_node("::1").has_value());
    CHECK_FALSE(parse_node("[::1").has_value());
}

TEST_CASE("a Unix socket has an absolute path that fits") {
    CHECK(parsed("unix:///run/redis.sock").socket_path == "/run/redis.sock");
    CHECK(parsed("unix:///run/redis.sock?db=5").db == 5);
    CHECK_FALSE(parse_node("unix://run/redis.sock").has_value());
    CHECK_FALSE(parse_node("unix:///" + std::string(107, 'x')).has_value());
}

TEST_CASE("a URI that makes no sense is refused, and the reason never shows the password") {
    for (const char* uri :
         {"", "redis://", "redis://:geheim@", "redis://h:port", "redis://h:0", "redis://h:70000", "redis://h/x",
          "redis://joe:geheim%zz@h", "http://h", "rediss://joe:geheim@h", "unix:///s?x=1", "h o", "redis://h:1:2"}) {
        CAPTURE(uri);
        const auto node = parse_node(uri);
        REQUIRE_FALSE(node.has_value());
        CHECK(node.error().find("geheim") == std::string::npos);
        CHECK(!node.error().empty());
    }
}

TEST_CASE("a port that is none is told by its host, because a password may stand in its place") {
    CHECK(parse_node("redis://db1:63799x").error() == "what stands behind the host 'db1' is not a port (1 to 65535)");
    CHECK(parse_node("redis://joe:geheim").error() == "what stands behind the host 'joe' is not a port (1 to 65535)");
}
