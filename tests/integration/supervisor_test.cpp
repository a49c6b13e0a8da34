// The supervisor and a real command, with the lease in the test's hands.
#include "process/supervisor.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace holdfast::test::supervisor_test {

using namespace std::chrono_literals;

namespace {

const OuterLeases none;

/// From the go to the end of the group; `meanwhile` runs in a thread of its own.
Ending supervise(const std::string& script, const LiveDeadline& deadline, StopTimes times,
                 const std::function<void()>& meanwhile) {
    Signals signals;
    signals.take_stops();
    Terminal terminal;
    Guard guard{deadline, none, {.times = times}};
    Child child{{{"/bin/sh", "-c", script}, {}}, signals, {}};
    const Log log{Verbosity::quiet};
    Supervisor supervisor{child, &guard, terminal, signals, deadline, StopRules{.times = times}, log};
    guard.watch(child.pid());
    child.go(BootTime::max(), {});
    std::thread other{meanwhile};
    const Ending ending = supervisor.run();
    other.join();
    ::pthread_sigmask(SIG_SETMASK, &signals.found_mask(), nullptr);
    return ending;
}

} // namespace

TEST_CASE("what is heard after SIGTERM neither takes it back nor puts SIGKILL off") {
    TempDir dir;
    LiveDeadline deadline;
    deadline.move(BootClock::now() + 1h);
    BootTime end{};
    const auto too_late = [&] {
        eventually([&] { return !dir.read("started").empty(); });
        end = BootClock::now() + 2500ms;
        deadline.move(end);
        eventually([&] { return !dir.read("told").empty(); });
        deadline.move(end + 3s);
    };
    const std::string script = "trap 'echo told > " + dir.file("told") + "' TERM; echo started > " +
                               dir.file("started") + "; while :; do sleep 0.01; done";
    const Ending ending = supervise(script, deadline, {500ms, 1s}, too_late);
    CHECK(BootClock::now() < end);
    CHECK(ending.lost);
    CHECK(WTERMSIG(ending.wait_status) == SIGKILL);
}

TEST_CASE("when the supervisor fails, what is left of the command is stopped by the guard") {
    const TempDir dir;
    LiveDeadline deadline;
    deadline.move(BootClock::now() + 1h);
    Signals signals;
    pid_t guarded_by = 0;
    {
        Terminal terminal;
        Guard guard{deadline, none, {.times = {10s, 100ms}}};
        guarded_by = guard.pid().value();
        const std::string script = "sleep 60 & echo $! > " + dir.file("left");
        Child child{{{"/bin/sh", "-c", script}, {}}, signals, {}};
        const Log log{Verbosity::quiet};
        Supervisor supervisor{child, &guard, terminal, signals, deadline, StopRules{.times = {10s, 100ms}}, log};
        guard.watch(child.pid());
        child.go(BootTime::max(), {});
        const auto fails_later = [&] {
            const bool reaped = ::kill(child.pid(), 0) != 0;
            if (reaped) throw std::runtime_error{"no memory"};
            return BootClock::now() + 10ms;
        };
        CHECK_THROWS_AS(supervisor.run(fails_later), std::runtime_error);
    }
    const pid_t left = std::stoi(dir.read("left"));
    int status = 0;
    // An orphan comes to the process of the supervisor, which is this one.
    const bool ended = eventually([&] { return ::waitpid(left, &status, WNOHANG) == left; }, 5s);
    CHECK(ended);
    if (!ended) ::kill(left, SIGKILL);
    CHECK(WTERMSIG(status) == SIGTERM);
    CHECK(eventually([&] { return ::waitpid(guarded_by, nullptr, WNOHANG) != 0; }, 5s));
    ::pthread_sigmask(SIG_SETMASK, &signals.found_mask(), nullptr);
}

TEST_CASE("a command whose go comes too late is not started") {
    TempDir dir;
    const Signals signals;
    Child child{{{"/bin/sh", "-c", "echo > " + dir.file("ran")}, {}}, signals, {}};
    child.go(BootClock::now(), {});
    CHECK(child.outcome() == ETIME);
    siginfo_t info{};
    CHECK(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT) == 0);
    CHECK(dir.read("ran").empty());
    ::pthread_sigmask(SIG_SETMASK, &signals.found_mask(), nullptr);
}

} // namespace holdfast::test::supervisor_test
