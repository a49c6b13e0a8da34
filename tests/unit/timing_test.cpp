#include "lock/quorum.hpp"
#include "lock/timing.hpp"

#include <doctest/doctest.h>

#include <random>

namespace holdfast::test::timing_test {

using namespace std::chrono_literals;

namespace {

Timing of(milliseconds ttl, milliseconds grace, milliseconds node_timeout, double drift = 0.01) {
    return {ttl, grace, node_timeout, drift};
}

BootTime at(nanoseconds since_boot) { return BootTime{since_boot}; }

} // namespace

TEST_CASE("a quorum is more than half of the configured nodes") {
    constexpr size_t expected[] = {1, 2, 2, 3, 3, 4, 4, 5, 5};
    for (size_t n = 1; n <= 9; ++n) CHECK(quorum(n) == expected[n - 1]);
}

TEST_CASE("drift is the ratio of the TTL, rounded up, and two milliseconds") {
    CHECK(of(30s, 5s, 1s).drift() == 302ms);
    CHECK(of(1001ms, 0s, 1ms).drift() == 13ms);
    CHECK(of(10s, 0s, 1ms, 0).drift() == 2ms);
}

TEST_CASE("the kill margin is a twentieth of the TTL, between 100 ms and 500 ms") {
    CHECK(of(1s, 0s, 1ms).kill_margin() == 100ms);
    CHECK(of(4s, 0s, 1ms).kill_margin() == 200ms);
    CHECK(of(1h, 0s, 1ms).kill_margin() == 500ms);
}

TEST_CASE("a process that waits longer for a processor has a wider kill margin, and short TTLs are refused") {
    Timing timing = of(30s, 5s, 1s);
    CHECK_FALSE(timing.widened());
    timing.processor_wait = 5; // nice 7
    CHECK(timing.kill_margin() == 500ms);
    CHECK_FALSE(timing.widened());
    timing.processor_wait = 69; // nice 19
    CHECK(timing.kill_margin() == 6900ms);
    CHECK(timing.widened());
    CHECK_FALSE(impossible(timing));
    timing.ttl = 10s;
    CHECK(impossible(timing)->starts_with("holdfast has a low priority here, so that the command has to be stopped"));
}

TEST_CASE("a grant counts from the moment before its request was sent") {
    CHECK(granted_until(at(100s), of(30s, 5s, 1s)) == at(130s - 302ms));
}

TEST_CASE("whenever the lease still runs, a quorum of servers within the drift bound still has the key") {
    std::mt19937_64 random{20261123};
    const auto between = [&](double low, double high) { return std::uniform_real_distribution{low, high}(random); };
    for (int history = 0; history < 20'000; ++history) {
        const Timing timing = of(milliseconds{1000 + static_cast<int>(between(0, 60'000))}, 0ms, 1ms);
        const size_t n = 1 + 2 * static_cast<size_t>(between(0, 4.99));
        Lease lease{n};
        std::vector<double> expires_ns(n, 0);
        for (size_t i = 0; i < n; ++i) {
            if (between(0, 1) < 0.2) continue;
            const nanoseconds sent = nanoseconds{static_cast<int64_t>(between(0, 5e9))};
            const double executed = static_cast<double>(sent.count()) + between(0, 1e9);
            lease.grant(i, granted_until(at(sent), timing));
            // The server's clock runs up to 1 % fast against ours, so it expires the key that much early.
            expires_ns[i] = executed + static_cast<double>(nanoseconds{timing.ttl}.count()) / between(1, 1.01);
        }
        const auto until = lease.until();
        if (!until) continue;
        size_t alive = 0;
        for (const double expires : expires_ns)
            if (expires >= static_cast<double>(until->time_since_epoch().count())) ++alive;
        REQUIRE(alive >= quorum(n));
    }
}

TEST_CASE("timings that work are accepted, the defaults of short and long TTLs among them") {
    CHECK_FALSE(impossible(of(30s, 5s, 1s)).has_value());
    CHECK_FALSE(impossible(of(1s, 250ms, 100ms)).has_value());
    CHECK_FALSE(impossible(of(24h, 5s, 1s)).has_value());
}

TEST_CASE("impossible timings are refused, each with the option to change") {
    const auto says = [](const Timing& timing, std::string_view text) {
        const auto why = impossible(timing);
        REQUIRE(why.has_value());
        CAPTURE(*why);
        CHECK(why->find(text) != std::string::npos);
    };
    says(of(999ms, 0ms, 10ms), "--ttl 999ms is too short");
    says(of(30s, 5s, 1s, 0.6), "--drift");
    says(of(30s, 5s, 1s, -0.1), "--drift");
    says(of(30s, 20s, 1s), "make --grace 20s at most 17s");
    says(of(30s, 0s, 15s), "make --node-timeout or --drift smaller");
    says(of(30s, 5s, 15s), "make --node-timeout or --drift smaller");
}

TEST_CASE("the largest grace that is accepted leaves just one renewal and two node timeouts") {
    // 30 s - 302 ms - 500 ms - 10 s - 2 x 1 s
    CHECK_FALSE(impossible(of(30s, 17198ms, 1s)).has_value());
    CHECK(impossible(of(30s, 17199ms, 1s)).has_value());
}

} // namespace holdfast::test::timing_test
