#include "lock/record.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::success_test {

using namespace std::chrono_literals;

TEST_CASE("a mark says when its run was started, and by whom") {
    const Record record = Record::make({"aa", 1}, {"job", "me", "here", 1, 1ms, 30s});
    const auto success = Success::parse("3600000 " + record.value, 3'000'000ms);
    REQUIRE(success);
    CHECK(success->record == record);
    CHECK(success->record.holder->label == "job");
    CHECK(success->age == 600s);
    CHECK(success->left == 3000s);
}

TEST_CASE("what is no mark says nothing") {
    for (const char* text : {"", " ", "1000", "x 1", "-5 x", "99999999999999999999 x", "500 too short for its TTL"})
        CHECK_FALSE(Success::parse(text, 1000ms));
    CHECK_FALSE(Success::parse("1000 x", -1ms)); // it would count for ever
    CHECK_FALSE(Success::parse("1000 x", -2ms));
    CHECK(Success::parse("1000 x", 1000ms)->age == 0ms);
}

} // namespace holdfast::test::success_test
