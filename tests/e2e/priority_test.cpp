// A run that was started with a low priority.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <sched.h>

namespace holdfast::test::priority_test {

namespace {

Finished run_at(const std::function<void()>& priority, std::vector<std::string> words) {
    const RedisServer server;
    return finish(run_on(server.uri(), std::move(words)), {.in_child = priority});
}

void nice_19() { ::setpriority(PRIO_PROCESS, 0, 19); }
void idle() {
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
}

} // namespace

TEST_CASE("with a low priority a lock of seconds is refused, because the command could not be stopped in time") {
    const std::string why = "holdfast: holdfast has a low priority here, so that the command has to be stopped ";
    for (const auto& priority : {nice_19, idle}) {
        const Finished refused = run_at(priority, {"--ttl", "10s", "x", "echo", "never"});
        CHECK(refused.status() == 64);
        CHECK(refused.out == "");
        CHECK(refused.err.starts_with(why));
        CHECK(refused.err.ends_with("holdfast run ... -- nice COMMAND\n"));
    }
}

TEST_CASE("with a low priority and time to spare it runs, and advises to give the priority to the command") {
    const Finished niced = run_at(nice_19, {"x", "echo", "done"});
    CHECK(niced.status() == 0);
    CHECK(niced.out == "done\n");
    CHECK(niced.err.find("is stopped 6.9s before the lease ends") != std::string::npos);
    CHECK(run_at(nice_19, {"-q", "x", "true"}).err == "");
    CHECK(run_at(nice_19, {"-q", "--ttl", "10s", "x", "true"}).status() == 64);
    const Finished advised = run_at([] {}, {"--ttl", "2s", "x", "--", "nice", "-n", "19", "echo", "done"});
    CHECK(advised.err == "");
    CHECK(advised.out == "done\n");
}

} // namespace holdfast::test::priority_test
