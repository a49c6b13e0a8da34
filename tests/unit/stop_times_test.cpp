#include "process/stop_times.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::stop_times_test {

using namespace std::chrono_literals;

TEST_CASE("a command is told to stop, and killed, with grace and margin before its lease ends") {
    constexpr StopTimes times{5s, 500ms};
    constexpr BootTime lease_ends{100s};
    CHECK(times.term_at(lease_ends) == BootTime{94'500ms});
    CHECK(times.kill_at(lease_ends) == BootTime{99'500ms});
}

TEST_CASE("after a loss it has its grace, and never more than its lease leaves") {
    constexpr StopTimes times{5s, 500ms};
    constexpr BootTime lease_ends{100s};
    CHECK(times.kill_at(lease_ends, BootTime{80s}) == BootTime{85s});
    CHECK(times.kill_at(lease_ends, BootTime{98s}) == BootTime{99'500ms});
}

TEST_CASE("the guard comes after the supervisor and before the end of the lease") {
    for (const StopTimes times : {StopTimes{5s, 500ms}, StopTimes{0ms, 100ms}}) {
        constexpr BootTime lease_ends{100s};
        CHECK(times.guard_term_at(lease_ends) > times.term_at(lease_ends));
        CHECK(times.guard_kill_at(lease_ends) > times.kill_at(lease_ends));
        CHECK(times.guard_kill_at(lease_ends) < lease_ends);
        for (const BootTime lost : {BootTime{80s}, BootTime{98s}, BootTime{120s}}) {
            CHECK(times.guard_term_at(lease_ends, lost) > std::min(lost, times.term_at(lease_ends)));
            CHECK(times.guard_kill_at(lease_ends, lost) > times.kill_at(lease_ends, lost));
            CHECK(times.guard_kill_at(lease_ends, lost) < lease_ends);
        }
    }
}

} // namespace holdfast::test::stop_times_test
