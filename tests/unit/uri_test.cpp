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
    CHECK(parts.host == "db1");
    CHECK(parts.port == "7000");
    CHECK(parts.path == "3");
    CHECK(parts.query == "ca=/a");
}

TEST_CASE("what is not in a URI is nothing, and what is empty there is empty") {
    const UriParts bare = parts_of("db1");
    CHECK(bare.scheme.empty());
    CHECK(bare.host == "db1");
    for (const Part& part : {bare.user, bare.password, bare.port, bare.path, bare.query}) CHECK(part == none);
    const UriParts empty = parts_of(":@:/?");
    for (const Part& part : {empty.user, empty.password, empty.port, empty.path, empty.query}) CHECK(part == "");
    CHECK(parts_of("").host.empty());
}

TEST_CASE("the last '@' ends the password, which may have any other separator in it") {
    const UriParts parts = parts_of("redis://joe:a@b:c/d?e@h");
    CHECK(parts.user == "joe");
    CHECK(parts.password == "a@b:c/d?e");
    CHECK(parts.host == "h");
    CHECK(parts.path == none);
    CHECK(parts_of("ge://heim@h").scheme == "ge://");
    CHECK(parts_of("joe:ge://heim@h").password == "ge://heim");
}

TEST_CASE("an IPv6 address keeps its brackets, and what stands behind them but a port") {
    CHECK(parts_of("[::1]:7000").host == "[::1]");
    CHECK(parts_of("[::1]:7000").port == "7000");
    CHECK(parts_of("[::1]7000").host == "[::1]7000");
    CHECK(parts_of("[::1").host == "[::1");
    CHECK(parts_of("[::1").port == none);
    CHECK(parts_of("::1").port == ":1");
}

TEST_CASE("unix: has a path, and local: a number") {
    const UriParts socket = parts_of("unix:///run/a:b@c?db=5");
    CHECK(socket.path == "/run/a:b@c");
    CHECK(socket.query == "db=5");
    CHECK(socket.user == none);
    CHECK(parts_of("local:").scheme == "local:");
    CHECK(parts_of("local:3").scheme == "local:");
    CHECK(parts_of("local:3").port == "3");
    CHECK(parts_of("local:secret@h").password == "secret");
}

TEST_CASE("the secret of a URI is its password, or what may be one") {
    const std::pair<const char*, Part> cases[] = {
        {"redis://joe:geheim@h:1/2", "geheim"},
        {"joe:ge://heim@h", "ge://heim"},
        {"redis://:@h", ""},
        {"geheim@h", "geheim"},
        {"redis://joe@h", none},
        {"redis://joe:geheim/1?x", "geheim/1?x"},
        {"redis://:123", "123"},
        {"redis://h:123", none},
        {"redis://h:", none},
        {"[::1]:geheim", "geheim"},
        {"unix:///a:b@c", none},
        {"local:9", none},
        {"local:", none},
        {"local:geheim", "geheim"},
        {"h/1?x:geheim", "geheim"},
        {"", none},
        {"[ab:cd@127.0.0.1:1", "[ab:cd"},
    };
    for (const auto& [uri, secret] : cases) {
        CAPTURE(uri);
        CHECK(secret_in(uri) == secret);
    }
}

} // namespace holdfast::test::uri_test
