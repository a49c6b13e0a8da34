#include "base/live_deadline.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <poll.h>
#include <unistd.h>

namespace holdfast::test::live_deadline_test {

using namespace std::chrono_literals;

TEST_CASE("a loss and a step back wake both watchers, a step forward does not") {
    LiveDeadline deadline;
    deadline.move(BootTime{10s});
    const auto readable = [](int event) {
        pollfd wanted{event, POLLIN, 0};
        return ::poll(&wanted, 1, 0) == 1;
    };
    const auto woken = [&] {
        const bool supervisor = readable(deadline.event());
        CHECK(readable(deadline.guard_event()) == supervisor);
        deadline.clear_event();
        uint64_t count = 0;
        CHECK((::read(deadline.guard_event(), &count, sizeof count) > 0) == supervisor);
        return supervisor;
    };
    deadline.move(BootTime{12s});
    CHECK_FALSE(woken());
    deadline.move(BootTime{11s});
    CHECK(woken());
    CHECK_FALSE(woken());
    deadline.lose("why");
    CHECK(woken());
    CHECK(deadline.lost());
    CHECK(deadline.reason() == "why");
    CHECK(deadline.at() == BootTime{11s});
}

} // namespace holdfast::test::live_deadline_test
