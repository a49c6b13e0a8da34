#include "cli/waiting.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::reminder_test {

using namespace std::chrono_literals;

TEST_CASE("what makes a run wait is said when it begins, and every ten minutes again") {
    Reminder reminder;
    const BootTime begin = BootClock::now();
    CHECK(reminder.due(begin));
    CHECK_FALSE(reminder.due(begin + 1s));
    CHECK_FALSE(reminder.due(begin + 10min - 1ns));
    CHECK(reminder.due(begin + 10min));
    CHECK_FALSE(reminder.due(begin + 19min));
    CHECK(reminder.due(begin + 3h));
}

} // namespace holdfast::test::reminder_test
