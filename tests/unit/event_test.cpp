#include "events/event.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::event_test {

using namespace std::chrono_literals;
using event::Wait;

namespace {

Event waiting(Wait::When when, std::string_view reason, std::optional<milliseconds> limit = 5min,
              const std::optional<Json>& holder = Json{"holder"}) {
    return event::waiting({"backup", when, reason, "why", 61s, limit, 2, holder});
}

} // namespace

TEST_CASE("a wait is told when it begins and when it goes on, and with -v what changes") {
    CHECK(waiting(Wait::When::begins, "held").sentence == "waiting for up to 5m: why");
    CHECK(waiting(Wait::When::begins, "held", {}).sentence == "waiting without limit (-w DURATION sets one): why");
    CHECK(waiting(Wait::When::goes_on, "held").sentence == "waiting for 1m1s by now: why");
    CHECK(waiting(Wait::When::changes, "held").sentence == "waiting: why");
    CHECK(waiting(Wait::When::goes_on, "held").least == Verbosity::normal);
    CHECK(waiting(Wait::When::changes, "held").least == Verbosity::verbose);
}

TEST_CASE("that too few nodes can be used for a wait is told with -q as well") {
    const Event event = waiting(Wait::When::begins, "too_few_nodes");
    CHECK(event.sentence == "waiting for up to 5m, trying again and again: why");
    CHECK(event.least == Verbosity::quiet);
    CHECK(waiting(Wait::When::changes, "too_few_nodes").least == Verbosity::verbose);
}

TEST_CASE("a wait of nobody known has no holder among its fields") {
    CHECK(waiting(Wait::When::begins, "reserved").fields.size() == 4);
    CHECK(waiting(Wait::When::begins, "reserved", 5min, {}).fields.size() == 3);
}

TEST_CASE("what was not acquired has the one in front, if one is known") {
    CHECK(event::not_acquired("why", 75, {}).fields.size() == 1);
    CHECK(event::not_acquired("why", 75, Json{}).fields.back().name == "holder");
}

TEST_CASE("a lock is released, or kept for the rest of --min-hold") {
    CHECK(event::let_go("backup", 3s, {}, "").name == "released");
    CHECK(event::let_go("backup", 3s, {}, "").sentence == "backup released after 3s");
    CHECK(event::let_go("backup", 3s, 57s, "").name == "kept");
    CHECK(event::let_go("backup", 3s, 57s, "; its command ended with 3").sentence ==
          "backup stays held for 57s more (--min-hold), after 3s; its command ended with 3");
    CHECK(event::not_let_go("backup", 30s, {}, {}).name == "not_released");
    CHECK(event::not_let_go("backup", 30s, 57s, {{"db1", "timed out"}, {"db10", "ok"}}).sentence ==
          "too few nodes confirmed that backup stays held for 57s more (--min-hold); it may be free sooner, or held "
          "until "
          "its TTL ends\n  db1   timed out\n  db10  ok");
}

TEST_CASE("of several locks an event names the one that it is about") {
    CHECK(event::let_go("backup", 3s, {}, "").lock == "backup");
    CHECK(event::lost(true, "").lock.empty());
}

TEST_CASE("an event without values has no fields, and one with a status has it") {
    CHECK(event::lost(true, "").fields.empty());
    CHECK(event::failed("why").fields.empty());
    CHECK(event::failed("why", 70).fields.front().name == "status");
}

} // namespace holdfast::test::event_test
