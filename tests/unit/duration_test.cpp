#include "base/duration.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::duration_test {

using namespace std::chrono_literals;

TEST_CASE("what looks like a duration is named as one, where it can be only one") {
    for (const auto& [typed, meant] : std::vector<std::pair<const char*, const char*>>{{"5min", "5m"},
                                                                                       {"5 Min.", "5m"},
                                                                                       {"1 hour 30 minutes", "1h30m"},
                                                                                       {"1h,30m", "1h30m"},
                                                                                       {"3Os", "30s"},
                                                                                       {"1.O s", "1.0s"},
                                                                                       {"1w", "7d"},
                                                                                       {"2 weeks", "14d"},
                                                                                       {"250 msec", "250ms"}}) {
        CAPTURE(typed);
        CHECK(nearest_duration(typed) == meant);
        CHECK_FALSE(parse_duration(typed));
        CHECK(parse_duration(meant));
    }
    for (const char* typed :
         {"", "soon", "-1", "1 30", "1,5h", "5 q", "s", "O", "4000d", "30m 1h", "PT5M", "w", "53w", "1w2d"}) {
        CAPTURE(typed);
        CHECK_FALSE(nearest_duration(typed));
    }
}

TEST_CASE("a duration has a unit, and a bare number is seconds") {
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("30s") == 30s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("2h") == 2h);
    CHECK(parse_duration("1d") == 24h);
    CHECK(parse_duration("10") == 10s);
    CHECK(parse_duration("1.5") == 1500ms);
    CHECK(parse_duration(".5s") == 500ms);
    CHECK(parse_duration("365d") == 365 * 24h);
    CHECK(parse_duration("1h30m") == 90min);
    CHECK(parse_duration("1d2h3m4s5ms") == 24h + 2h + 3min + 4s + 5ms);
}

TEST_CASE("zero is a duration, and nothing else becomes zero by rounding") {
    CHECK(parse_duration("0") == 0ms);
    CHECK(parse_duration("0ms") == 0ms);
    CHECK(parse_duration("0.1ms") == 1ms);
}

TEST_CASE("what is negative, absurd or no duration is refused") {
    for (const char* text : {"",     " ",    "-1",     "-1s",  "+1",
                             "1 s",  "5q",   "s",      "ms",   "1e3",
                             "0x10", "nan",  "inf",    "366d", "9999999999999999999d",
                             "1s ",  "1ss",  "1,5s",   "1h30", "30m1h",
                             "1m2m", "5min", "1.5.5s", "30 1m"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("a duration is shown in its two largest units") {
    CHECK(format_duration(250ms) == "250ms");
    CHECK(format_duration(1s) == "1s");
    CHECK(format_duration(1500ms) == "1.5s");
    CHECK(format_duration(27900ms) == "27s");
    CHECK(format_duration(192s) == "3m12s");
    CHECK(format_duration(120s) == "2m");
    CHECK(format_duration(25h) == "1d1h");
}

TEST_CASE("a measured time is shown with the digits that matter") {
    CHECK(format_latency(42us) == "0.04 ms");
    CHECK(format_latency(420us) == "0.4 ms");
    CHECK(format_latency(12ms) == "12 ms");
    CHECK(format_latency(1200ms) == "1.2 s");
}

} // namespace holdfast::test::duration_test
