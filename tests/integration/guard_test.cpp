// A guard that something happens to before it has a command to guard. What it does then is in e2e/.
#include "process/guard.hpp"
#include "support/process.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

TEST_CASE("a guard that was killed or stopped before its command starts is replaced when it is to watch it") {
    for (const int signal : {SIGKILL, SIGSTOP}) {
        CAPTURE(signal);
        LiveDeadline deadline;
        deadline.move(BootClock::now() + 12s);
        Process command{{"sleep", "60"}};
        Guard guard{deadline, {10s, 100ms}, false};
        const pid_t first = guard.pid();
        ::kill(first, signal);
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(first), &info, WEXITED | WSTOPPED | WNOWAIT);
        REQUIRE(guard.watch(command.pid()));
        CHECK(guard.pid() != first);
        CHECK(::kill(first, 0) != 0);
        // It does its work: two seconds from now, with ten before it would kill.
        CHECK(command.wait().signal() == SIGTERM);
    }
}
