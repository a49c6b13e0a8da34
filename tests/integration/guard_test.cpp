// A guard that something happens to before it has a command to guard. What it does then is in e2e/.
#include "process/guard.hpp"
#include "support/process.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <span>
#include <thread>
#include <unistd.h>
#include <vector>

namespace holdfast::test::guard_test {

using namespace std::chrono_literals;

namespace {

const OuterLeases none;

/// Before it has its name, the guard has blocked all signals, and asked for the one at the end of its holdfast.
void wait_until_masked(const Guard& guard) {
    const std::string name = "/proc/" + std::to_string(guard.pid().value()) + "/comm";
    eventually([&] { return finish({"grep", "-q", Guard::name, name}).status() == 0; });
}

/// Processes of tests before, killed a moment ago, may still have the lease that was ours then.
void wait_until_we_have_no_lease() {
    REQUIRE(eventually([] {
        const std::vector<const void*> leases = find_visible_memory(::getpid());
        for (const void* lease : leases) ::munmap(const_cast<void*>(lease), visible_size);
        return leases.empty();
    }));
}

} // namespace

TEST_CASE("a guard that was killed or stopped before its command starts is replaced when it is to watch it") {
    for (const int signal : {SIGKILL, SIGSTOP}) {
        CAPTURE(signal);
        LiveDeadline deadline;
        deadline.move(BootClock::now() + 12s);
        Process command{{"sleep", "60"}};
        Guard guard{deadline, none, {.times = {10s, 100ms}}};
        const pid_t first = guard.pid().value();
        ::kill(first, signal);
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(first), &info, WEXITED | WSTOPPED | WNOWAIT);
        REQUIRE(guard.watch(command.pid()));
        CHECK(guard.pid() != first);
        if (signal == SIGSTOP) CHECK(::waitpid(first, nullptr, 0) == first); // which the supervisor does
        CHECK(::kill(first, 0) != 0);
        // It does its work: two seconds from now, with ten before it would kill.
        CHECK(command.wait().signal() == SIGTERM);
        guard.dismiss();
    }
}

TEST_CASE(
    "a guard acts in time when the deadline moves back, and when the lock is lost, though its supervisor does not") {
    for (const bool lost : {false, true}) {
        CAPTURE(lost);
        LiveDeadline deadline;
        deadline.move(BootClock::now() + 1h);
        Process command{{"sleep", "60"}};
        Guard guard{deadline, none, {.times = {0ms, 100ms}}};
        REQUIRE(guard.watch(command.pid()));
        // From here on it sleeps until an hour from now.
        const std::string state = "/proc/" + std::to_string(guard.pid().value()) + "/stat";
        REQUIRE(eventually([&] { return finish({"grep", "-q", ") S ", state}).status() == 0; }));
        if (lost) deadline.lose("why");
        else deadline.move(BootClock::now() + 1s);
        CHECK(command.wait().signal() == SIGTERM);
        CHECK(guard.has_told());
        guard.dismiss();
    }
}

TEST_CASE("the guard of a run inside another gives no grace when its holdfast is gone, and one by itself does") {
    for (const bool inner : {false, true}) {
        CAPTURE(inner);
        LiveDeadline deadline;
        deadline.move(BootClock::now() + 1h);
        Process command{{"sleep", "60"}};
        // What the guard sees when we are killed: the end of its pipe.
        const pid_t holdfast = ::fork();
        if (holdfast == 0) {
            Guard guard{deadline, none, {.times = {30s, 100ms}, .inner = inner}};
            guard.watch(command.pid());
            ::_exit(0);
        }
        ::waitpid(holdfast, nullptr, 0);
        CHECK(command.wait().signal() == (inner ? SIGKILL : SIGTERM));
    }
}

TEST_CASE("a guard acts when its holdfast begins to end, though the descriptors of that one are still open") {
    LiveDeadline deadline;
    deadline.move(BootClock::now() + 1h);
    Process command{{"sleep", "60"}};
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t holdfast = ::fork();
    if (holdfast == 0) {
        Guard guard{deadline, none, {.times = {30s, 100ms}, .inner = true}};
        guard.watch(command.pid());
        wait_until_masked(guard);
        // A copy of all descriptors lives on, as those of a process whose memory is being taken down.
        const pid_t copy = ::fork();
        if (copy == 0) {
            ::alarm(60);
            while (true) ::pause();
        }
        [[maybe_unused]] const auto ignored = ::write(ends[1], &copy, sizeof copy);
        ::_exit(0);
    }
    ::waitpid(holdfast, nullptr, 0);
    pid_t copy = 0;
    REQUIRE(::read(ends[0], &copy, sizeof copy) == sizeof copy);
    const Finished killed = command.wait();
    CHECK(killed.signal() == SIGKILL);
    CHECK(::kill(copy, SIGKILL) == 0);
    for (const int end : ends) ::close(end);
}

TEST_CASE("the guard of a run inside another stops the command by itself when the outer lease ends") {
    for (const bool on_loss : {true, false})
        for (const bool moves_back : {true, false}) {
            CAPTURE(on_loss);
            CAPTURE(moves_back);
            wait_until_we_have_no_lease();
            LiveDeadline around;
            around.sign(our_process().start);
            around.move(BootClock::now() + (moves_back ? 60s : 1s));
            around.bind(::getpgrp(), 400ms);
            const OuterLeases outer{std::array{our_process()}};
            LiveDeadline deadline;
            deadline.move(BootClock::now() + 1h);
            Process command{{"sleep", "60"}};
            // Its own margin is longer, as that of a run with a low priority.
            Guard guard{deadline, outer, {.times = {0ms, 30s}, .inner = true, .acts_on_loss = on_loss}};
            REQUIRE(guard.watch(command.pid()));
            if (moves_back) std::this_thread::sleep_for(500ms);
            const BootTime end = BootClock::now() + 2s;
            around.move(end);
            CHECK(command.wait().signal() == SIGKILL);
            CHECK(BootClock::now() > end - 100ms);
            CHECK(guard.outer_ended());
            CHECK_FALSE(guard.has_told());
            guard.dismiss();
        }
}

TEST_CASE("an outer lease counts for the group of the outer command, and while it stops that group") {
    wait_until_we_have_no_lease();
    LiveDeadline around;
    const std::array processes{our_process(), our_process()};
    around.sign(processes.front().start);
    const BootTime now = BootClock::now();
    around.move(now + 1h);
    around.bind(::getpgrp() + 1, 400ms);
    CHECK(OuterLeases{processes}.due(now).kill_at == BootTime::max());
    around.bind(::getpgrp(), 400ms);
    const OuterLeases outer{processes};
    CHECK(outer.due(now).kill_at == now + 1h - 100ms);
    CHECK(outer.due(now).look_at == now + 200ms);
    around.bind(::getpgrp(), {});
    CHECK(outer.due(now).kill_at == BootTime::max());
    around.bind(::getpgrp(), 400ms);
    around.unbind();
    CHECK(outer.due(now).look_at == BootTime::max());
    CHECK(none.due(now).kill_at == BootTime::max());
}

TEST_CASE("a lease is an ancestor's only if it was made by that process, and not by an earlier one of its number") {
    wait_until_we_have_no_lease();
    const auto child_finds_one = [] {
        const pid_t child = ::fork();
        if (child == 0)
            ::_exit(OuterLeases{std::span<const ProcessId>{}}.due(BootClock::now()).kill_at < BootTime::max());
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status) == 1;
    };
    const uint64_t start = our_process().start;
    const auto is_lease_of = [](LiveDeadline& lease, uint64_t process) {
        lease.sign(process);
        lease.move(BootClock::now() + 1h);
        lease.bind(::getpgrp(), 400ms);
    };
    CHECK_FALSE(child_finds_one());
    LiveDeadline earlier;
    is_lease_of(earlier, start - 1);
    CHECK_FALSE(child_finds_one());
    LiveDeadline ours;
    is_lease_of(ours, start);
    CHECK(child_finds_one());
}

TEST_CASE("a signal from another process is no sign that holdfast ends") {
    LiveDeadline deadline;
    deadline.move(BootClock::now() + 1h);
    Process command{{"sleep", "60"}};
    Guard guard{deadline, none, {.times = {0ms, 100ms}}};
    REQUIRE(guard.watch(command.pid()));
    wait_until_masked(guard);
    const pid_t other = ::fork();
    if (other == 0) {
        for (int i = 0; i < 3; ++i) ::kill(guard.pid().value(), SIGRTMAX);
        ::_exit(0);
    }
    ::waitpid(other, nullptr, 0);
    const std::string state = "/proc/" + std::to_string(guard.pid().value()) + "/status";
    REQUIRE(eventually([&] { return finish({"grep", "-q", "^ShdPnd:.*0000000000000000", state}).status() == 0; }));
    // It still watches: a guard without a holdfast would not tell us that it has told the command.
    deadline.lose("why");
    CHECK(command.wait().signal() == SIGTERM);
    CHECK(guard.has_told());
    guard.dismiss();
}

} // namespace holdfast::test::guard_test
