// A walk through the keys of a server comes to an end, whatever the server says.
#include "redis/scan.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::scan_test {

namespace {

Reply text(const std::string& value) { return {Reply::Type::text, value, 0, {}}; }

Reply step(const std::string& cursor, const std::string& key) {
    return {Reply::Type::list, {}, 0, {text(cursor), {Reply::Type::list, {}, 0, {text(key)}}}};
}

} // namespace

TEST_CASE("a walk asks from cursor to cursor, and is complete when it comes back to 0") {
    ScanWalk walk{"p*", "10"};
    Request first;
    walk.add_to(first);
    CHECK(first.bytes().find("$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nMATCH\r\n$2\r\np*\r\n$5\r\nCOUNT\r\n$2\r\n10\r\n") !=
          std::string::npos);
    CHECK(walk.take(step("7", "a")) == std::vector<std::string>{"a"});
    Request second;
    walk.add_to(second);
    CHECK(second.bytes().find("$1\r\n7\r\n") != std::string::npos);
    CHECK_FALSE(walk.over());
    CHECK(walk.take(step("0", "b")) == std::vector<std::string>{"b"});
    CHECK(walk.complete());
    CHECK_FALSE(walk.broken());
}

TEST_CASE("a walk in a circle is broken off, however large the circle is and wherever it begins") {
    for (const size_t circle : {1, 2, 3, 100})
        for (const size_t before : {0, 1, 5}) {
            ScanWalk walk{"*", "10"};
            size_t i = 0;
            for (; !walk.over() && i < 10'000; ++i)
                walk.take(step(std::to_string(1 + (i < before ? 1000 + i : (i - before) % circle)), "a"));
            CAPTURE(circle);
            CAPTURE(before);
            CHECK(walk.broken());
            CHECK(i < 4 * (circle + before + 1));
        }
}

TEST_CASE("a walk that never comes back is broken off as well, and so is one that answers nonsense") {
    ScanWalk endless{"*", "10"};
    for (size_t i = 1; !endless.over() && i <= 2'000'000; ++i) endless.take(step(std::to_string(i), "a"));
    CHECK(endless.broken());
    ScanWalk nonsense{"*", "10"};
    CHECK(nonsense.take(text("OK")).empty());
    CHECK(nonsense.broken());
}

} // namespace holdfast::test::scan_test
