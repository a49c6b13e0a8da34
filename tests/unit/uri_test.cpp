#include "base/uri.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::uri_test {

namespace {

using Part = std::optional<std::string_view>;

constexpr Part none{};

} // namespace

TEST_CASE("a URI is cut into its parts") {
    const UriParts parts = parts_of("rediss://joe:secret@db1:7000/3?ca=/a");
    CHECK(parts.scheme == "rediss://");
    CHECK(parts.user == "joe");
    CHECK(parts.password == "secret");
    CHECK(parts.hosts.front().name == "db1");
    CHECK(parts.hosts.front().port == "7000");
    CHECK(parts.path == "3");
    CHECK(parts.query == "ca=/a");
}

TEST_CASE("what is not in a URI is nothing, and what is empty there is empty") {
    const UriParts bare = parts_of("db1");
    CHECK(bare.scheme.empty());
    CHECK(bare.hosts.front().name == "db1");
    for (const Part& part : {bare.user, bare.password, bare.hosts.front().port, bare.path, bare.query})
        CHECK(part == none);
    const UriParts empty = parts_of(":@:/?");
    for (const Part& part : {empty.user, empty.password, empty.hosts.front().port, empty.path, empty.query})
        CHECK(part == "");
    CHECK(parts_of("").hosts.front().name.empty());
}

TEST_CASE("the last '@' ends the password, which may have any other separator in it") {
    const UriParts parts = parts_of("redis://joe:a@b:c/d?e@h");
    CHECK(parts.user == "joe");
    CHECK(parts.password == "a@b:c/d?e");
    CHECK(parts.hosts.front().name == "h");
    CHECK(parts.path == none);
    CHECK(parts_of("ge://heim@h").scheme == "ge://");
    CHECK(parts_of("joe:ge://heim@h").password == "ge://heim");
}

TEST_CASE("an IPv6 address keeps its brackets, and what stands behind them but a port") {
    CHECK(parts_of("[::1]:7000").hosts.front().name == "[::1]");
    CHECK(parts_of("[::1]:7000").hosts.front().port == "7000");
    CHECK(parts_of("[::1]7000").hosts.front().name == "[::1]7000");
    CHECK(parts_of("[::1").hosts.front().name == "[::1");
    CHECK(parts_of("[::1").hosts.front().port == none);
    CHECK(parts_of("::1").hosts.front().port == ":1");
}

TEST_CASE("unix: has a path, and local: a number") {
    const UriParts socket = parts_of("unix:///run/a:b@c?db=5");
    CHECK(socket.path == "/run/a:b@c");
    CHECK(socket.query == "db=5");
    CHECK(socket.user == none);
    CHECK(parts_of("local:").scheme == "local:");
    CHECK(parts_of("local:3").scheme == "local:");
    CHECK(parts_of("local:3").hosts.front().port == "3");
    CHECK(parts_of("local:secret@h").password == "secret");
}

TEST_CASE("a '+' parts the hosts of Sentinels and clusters, and nothing in a password or elsewhere") {
    const UriParts parts = parts_of("sentinel://joe:a+b@h1:1+[::1]+h3/m/2?db=1");
    CHECK(parts.password == "a+b");
    REQUIRE(parts.hosts.size() == 3);
    CHECK(parts.hosts[0].name == "h1");
    CHECK(parts.hosts[0].port == "1");
    CHECK(parts.hosts[1].name == "[::1]");
    CHECK(parts.hosts[1].port == none);
    CHECK(parts.hosts[2].name == "h3");
    CHECK(parts.path == "m/2");
    CHECK(parts_of("clusters://h1+").hosts.size() == 2);
    CHECK(parts_of("redis://h1+h2").hosts.size() == 1);
}

TEST_CASE("the secrets of a URI are its passwords, or what may be one") {
    const std::pair<const char*, std::vector<std::string_view>> cases[] = {
        {"redis://joe:geheim@h:1/2", {"geheim"}},
        {"joe:ge://heim@h", {"ge://heim"}},
        {"redis://:@h", {""}},
        {"geheim@h", {"geheim"}},
        {"redis://joe@h", {}},
        {"redis://joe:geheim/1?x", {"geheim/1?x"}},
        {"redis://:123", {"123"}},
        {"redis://h:123", {}},
        {"redis://h:", {}},
        {"[::1]:geheim", {"geheim"}},
        {"unix:///a:b@c", {}},
        {"local:9", {}},
        {"local:", {}},
        {"local:geheim", {"geheim"}},
        {"h/1?x:geheim", {"geheim"}},
        {"", {}},
        {"[ab:cd@127.0.0.1:1", {"[ab:cd"}},
        {"sentinel://h1:1+h2+[::1]:2/m", {}},
        {"sentinel://h1+h2:/m", {"/m"}},
        {"sentinel://joe:gehe+im@h1:1+h2/m", {"gehe+im"}},
        {"sentinel://joe:ge+heim", {"ge+heim"}},
        {"cluster://h1:1+joe:geheim", {"1+joe:geheim"}},
        {"sentinel://:a@h/m?sentinel-password=b&c", {"a", "b&c"}},
        {"sentinel://h/m?sentinel-password=a@b", {"a@b"}},
        {"sentinel://joe:a@h/m?sentinel-password=b@c", {"a@h/m?sentinel-password=b@c"}},
        {"sentinel://h/m?sentinel-password-file=/p", {}},
        {"redis://h?password=geheim", {"geheim"}},
    };
    for (const auto& [uri, secret] : cases) {
        CAPTURE(uri);
        CHECK(secrets_in(uri) == secret);
    }
}

} // namespace holdfast::test::uri_test
