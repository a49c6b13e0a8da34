#include "lock/quorum.hpp"
#include "process/stop_times.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::lease_test {

using namespace std::chrono_literals;

namespace {

BootTime at(nanoseconds since_boot) { return BootTime{since_boot}; }

Lease granted(size_t nodes, const std::vector<BootTime>& until) {
    Lease lease{nodes};
    for (size_t i = 0; i < until.size(); ++i) lease.grant(i, until[i]);
    return lease;
}

} // namespace

TEST_CASE("the lease ends when fewer than a quorum of the grants are left") {
    CHECK(granted(1, {at(7s)}).until() == at(7s));
    CHECK(granted(3, {at(7s), at(9s), at(8s)}).until() == at(8s));
    CHECK(granted(3, {at(9s), at(8s)}).until() == at(8s));
    CHECK(granted(2, {at(9s), at(8s)}).until() == at(8s));
    CHECK(granted(5, {at(5s), at(4s), at(3s), at(2s), at(1s)}).until() == at(3s));
}

TEST_CASE("without the grants of a quorum there is no lease") {
    CHECK_FALSE(Lease{1}.until().has_value());
    CHECK_FALSE(granted(3, {at(9s)}).until().has_value());
    Lease lease = granted(3, {at(9s), at(8s)});
    lease.take_back(0);
    CHECK_FALSE(lease.until().has_value());
    lease.asked(2);
    CHECK_FALSE(lease.until().has_value());
    lease.grant(2, at(10s));
    CHECK(lease.until() == at(8s));
}

TEST_CASE("a quorum is possible as long as enough nodes hold the lock or were asked for it and have not answered") {
    Lease lease{3};
    CHECK_FALSE(lease.possible(at(1s)));
    lease.asked(0);
    lease.asked(1);
    CHECK(lease.possible(at(1s)));
    lease.grant(0, at(9s));
    lease.grant(1, at(8s));
    CHECK(lease.possible(at(1s)));
    // The third has never been asked, or has not got it: it will not hold the lock by itself.
    lease.take_back(1);
    CHECK_FALSE(lease.possible(at(1s)));
    lease.asked(2);
    CHECK(lease.possible(at(1s)));
    lease.take_back(2);
    CHECK_FALSE(lease.possible(at(1s)));
}

TEST_CASE("what a silent node granted once counts until then and no longer") {
    const Lease lease = granted(3, {at(9s), at(8s)});
    CHECK(lease.possible(at(8s) - 1ns));
    CHECK_FALSE(lease.possible(at(8s)));
}

TEST_CASE("to renew what a node holds takes nothing back until it has answered") {
    Lease lease = granted(1, {at(9s)});
    lease.asked(0);
    CHECK(lease.until() == at(9s));
    lease.grant(0, at(19s));
    CHECK_FALSE(lease.possible(at(20s)));
}

TEST_CASE("a quorum reaches the q-th largest value, and fewer than a quorum reach none") {
    CHECK(reached_by_quorum(std::vector{3, 9, 5}, 3) == 5);
    CHECK(reached_by_quorum(std::vector{3, 9}, 3) == 3);
    CHECK_FALSE(reached_by_quorum(std::vector{9}, 3).has_value());
    CHECK_FALSE(reached_by_quorum(std::vector<int>{}, 1).has_value());
}

TEST_CASE("a command without a lease is to be stopped at once, by whatever arithmetic") {
    const StopTimes times{10s, 500ms};
    for (const BootTime due : {times.term_at({}), times.kill_at({}), times.kill_at({}, at(1s)), times.guard_term_at({}),
                               times.guard_kill_at({})})
        CHECK(due < at(1s));
}

} // namespace holdfast::test::lease_test
