#include "events/event.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::event_test {

using namespace std::chrono_literals;
using event::Waiting;

namespace {

Waiting waiting(Waiting::When when, std::string_view reason, std::optional<milliseconds> limit = 5min) {
    return {"backup", when, reason, "why", 61s, limit, 2, Json{"holder"}};
}

} // namespace

TEST_CASE("a wait is told when it begins and when it goes on, and with -v what changes") {
    CHECK(sentence(waiting(Waiting::When::begins, "held")) == "waiting for up to 5m: why");
    CHECK(sentence(waiting(Waiting::When::begins, "held", {})) == "waiting without limit (-w DURATION sets one): why");
    CHECK(sentence(waiting(Waiting::When::goes_on, "held")) == "waiting for 1m1s by now: why");
    CHECK(sentence(waiting(Waiting::When::changes, "held")) == "waiting: why");
    CHECK(kind(waiting(Waiting::When::goes_on, "held")).least == Verbosity::normal);
    CHECK(kind(waiting(Waiting::When::changes, "held")).least == Verbosity::verbose);
}

TEST_CASE("that too few nodes can be used for a wait is told with -q as well") {
    const Event event = waiting(Waiting::When::begins, "too_few_nodes");
    CHECK(sentence(event) == "waiting for up to 5m, trying again and again: why");
    CHECK(kind(event).least == Verbosity::quiet);
    CHECK(kind(waiting(Waiting::When::changes, "too_few_nodes")).least == Verbosity::verbose);
}

TEST_CASE("a wait of nobody known has no holder among its fields") {
    Waiting event = waiting(Waiting::When::begins, "reserved");
    CHECK(fields(event).size() == 4);
    event.holder.reset();
    CHECK(fields(event).size() == 3);
}

TEST_CASE("what was not acquired has the one in front, if one is known") {
    CHECK(fields(event::NotAcquired{"why", 75, {}}).size() == 1);
    CHECK(fields(event::NotAcquired{"why", 75, Json{}}).back().name == "holder");
}

TEST_CASE("a lock is released, or kept for the rest of --min-hold") {
    CHECK(kind(event::LetGo{"backup", 3s, {}}).name == "released");
    CHECK(sentence(event::LetGo{"backup", 3s, {}}) == "backup released after 3s");
    CHECK(kind(event::LetGo{"backup", 3s, 57s}).name == "kept");
    CHECK(sentence(event::LetGo{"backup", 3s, 57s}) == "backup stays held for 57s more (--min-hold)");
    CHECK(kind(event::NotLetGo{"backup", 30s, {}, {}}).name == "not_released");
    CHECK(sentence(event::NotLetGo{"backup", 30s, 57s, {{"db1", "timed out"}, {"db10", "ok"}}}) ==
          "too few nodes confirmed that backup stays held for 57s more (--min-hold); it may be free sooner, or held "
          "until "
          "its TTL ends\n  db1   timed out\n  db10  ok");
}

TEST_CASE("of several locks an event names the one that it is about") {
    CHECK(lock(event::LetGo{"backup", 3s, {}}) == "backup");
    CHECK(lock(event::Lost{true, ""}).empty());
}

TEST_CASE("an event without values has no fields, and one with a status has it") {
    CHECK(fields(event::Lost{true, ""}).empty());
    CHECK(fields(event::failed("why")).empty());
    CHECK(fields(event::failed("why", 70)).front().name == "status");
}

} // namespace holdfast::test::event_test
