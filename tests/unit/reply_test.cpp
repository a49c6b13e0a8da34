// What becomes of the bytes of a server. What no server sends is in fuzz/.
#include "redis/reply.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::reply_test {

TEST_CASE("whatever an answer calls a number is one, and what is none is 0") {
    ReplyReader reader;
    const auto number = [&](const char* bytes) {
        reader.feed(bytes);
        const auto reply = reader.next();
        REQUIRE(reply.has_value());
        return reply->number();
    };
    CHECK(number(":42\r\n") == 42);
    CHECK(number("$2\r\n42\r\n") == 42);
    CHECK(number(",1.7e12\r\n") == 1'700'000'000'000);
    CHECK(number("#t\r\n") == 1);
    CHECK(number("#f\r\n") == 0);
    CHECK(number("_\r\n") == 0);
    CHECK(number("+OK\r\n") == 0);
    CHECK(number("$4\r\n1e99\r\n") == 0);
}

TEST_CASE("half an answer is none yet, and may be given up") {
    ReplyReader reader;
    reader.feed("*2\r\n*1\r\n+inner\r\n");
    CHECK_FALSE(reader.next().has_value());
    CHECK(reader.broken().empty());
}

} // namespace holdfast::test::reply_test
