#include "process/stopping.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::stopping_test {

using namespace std::chrono_literals;

namespace {

constexpr StopTimes times{10s, 500ms};

BootTime at(nanoseconds since_boot) { return BootTime{since_boot}; }

/// A lease that ends at 100 s: SIGTERM is due at 89.5 s and SIGKILL at 99.5 s.
struct Lease : LiveDeadline {
    Lease() { move(BootTime{100s}); }
};

} // namespace

TEST_CASE("a command whose lease ends gets SIGTERM a grace before SIGKILL, and that before the end") {
    const Lease lease;
    Stopping stopping{times, true};
    CHECK(stopping.next(lease) == at(89500ms));
    CHECK_FALSE(stopping.look(lease, false, at(89s)).has_value());
    CHECK_FALSE(stopping.due(at(89s)).term);
    CHECK(stopping.look(lease, false, at(89500ms)) == Stopping::Loss::due);
    CHECK(stopping.lost());
    CHECK(stopping.due(at(89500ms)).term);
    CHECK_FALSE(stopping.due(at(90s)).term);
    CHECK(stopping.next(lease) == at(99500ms));
    CHECK_FALSE(stopping.due(at(99s)).kill);
    CHECK(stopping.due(at(99500ms)).kill);
    CHECK(stopping.due(at(99600ms)).kill);
}

TEST_CASE("a lease that goes on when the command was told to stop for its end takes nothing back") {
    Lease lease;
    Stopping stopping{times, true};
    stopping.look(lease, false, at(90s));
    lease.move(at(200s));
    CHECK_FALSE(stopping.look(lease, false, at(91s)).has_value());
    CHECK(stopping.lost());
    CHECK(stopping.due(at(99500ms)).kill);
}

TEST_CASE("a lock that is lost for certain leaves the command its grace, and no more than the lease does") {
    Lease lease;
    lease.lose("why");
    Stopping early{times, true};
    CHECK(early.look(lease, false, at(50s)) == Stopping::Loss::certain);
    CHECK(early.due(at(50s)).term);
    CHECK(early.next(lease) == at(60s));
    Stopping late{times, true};
    late.look(lease, false, at(95s));
    CHECK(late.next(lease) == at(99500ms));
}

TEST_CASE("what the guard has told the command is a loss, unless the supervisor told it before") {
    const Lease lease;
    Stopping stopping{times, true};
    CHECK(stopping.look(lease, true, at(50s)) == Stopping::Loss::guard_told);
    CHECK(stopping.next(lease) == at(60s));
    Stopping told{times, true};
    told.stop(at(70s));
    CHECK_FALSE(told.look(lease, true, at(50s)).has_value());
    CHECK_FALSE(told.lost());
}

TEST_CASE("without a lease a command is stopped and killed at once") {
    const LiveDeadline none;
    Stopping stopping{times, true};
    CHECK(stopping.look(none, false, at(1s)) == Stopping::Loss::due);
    const Stopping::Due due = stopping.due(at(1s));
    CHECK(due.term);
    CHECK(due.kill);
}

TEST_CASE("a loss that does not matter to the command is found, and stops nothing") {
    Lease lease;
    Stopping stopping{times, false};
    CHECK(stopping.look(lease, false, at(90s)) == Stopping::Loss::due);
    CHECK_FALSE(stopping.due(at(100s)).term);
    CHECK_FALSE(stopping.due(at(100s)).kill);
    CHECK(stopping.next(lease) == BootTime::max());
}

TEST_CASE("of several instants for SIGKILL the first counts") {
    const Lease lease;
    Stopping stopping{times, true};
    stopping.stop(at(70s));
    stopping.stop(at(60s));
    stopping.stop(at(80s));
    CHECK(stopping.due(at(50s)).term);
    CHECK_FALSE(stopping.due(at(59s)).kill);
    CHECK(stopping.due(at(60s)).kill);
}

TEST_CASE("the guard acts a little later than the supervisor would, and looks at the lease in between") {
    CHECK(times.guard_act(at(100s), {}, false, at(80s)).next == at(89625ms));
    const StopTimes::Act term = times.guard_act(at(100s), {}, false, at(89625ms));
    CHECK(term.term);
    CHECK_FALSE(term.kill);
    CHECK(term.next == at(99750ms));
    const StopTimes::Act told = times.guard_act(at(100s), {}, true, at(90s));
    CHECK_FALSE(told.term);
    CHECK(told.next == at(99750ms));
    CHECK(times.guard_act(at(100s), {}, true, at(99750ms)).kill);
    CHECK(times.guard_act({}, {}, false, at(1s)).kill);
}

} // namespace holdfast::test::stopping_test
