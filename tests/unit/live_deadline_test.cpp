#include "base/live_deadline.hpp"

#include <doctest/doctest.h>

#include <poll.h>

using namespace holdfast;
using namespace std::chrono_literals;

TEST_CASE("a loss and a step back wake the watcher, a step forward does not") {
    LiveDeadline deadline;
    deadline.move(BootTime{10s});
    const auto woken = [&] {
        pollfd event{deadline.event(), POLLIN, 0};
        const bool readable = ::poll(&event, 1, 0) == 1;
        deadline.clear_event();
        return readable;
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
