// What the command finds in its environment of what holdfast was given.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::environment_test {

namespace {

/// What the command shows, run by a holdfast that a shell becomes after it has set these variables.
std::string shown(const std::string& variables, const std::string& command) {
    const RedisServer server;
    const Finished run =
        finish({"/bin/sh", "-c",
                fmt::format("{} exec {} run --node {} x -c '{}'", variables, HOLDFAST_BINARY, server.uri(), command)});
    CHECK(run.status() == 0);
    CHECK(run.err == "");
    return run.out;
}

} // namespace

TEST_CASE("a variable that says which process a service manager means names the command") {
    CHECK(shown("LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_PIDFDID=4711 WATCHDOG_PID=$$ SYSTEMD_EXEC_PID=$$",
                "for pid in $LISTEN_PID $WATCHDOG_PID $SYSTEMD_EXEC_PID; do test $pid = $$ && echo command; done; "
                "echo $LISTEN_FDS ${LISTEN_PIDFDID-none}") == "command\ncommand\ncommand\n1 none\n");
}

TEST_CASE("a line end behind a value is no part of it") {
    const RedisServer server{{"--requirepass", "geheim"}, RedisServer::Listens::loopback};
    for (const std::string end : {"\n", "\r\n"}) {
        Process run{{HOLDFAST_BINARY, "run", "-n", "x", "echo", "in"},
                    {.environment = {{"HOLDFAST_NODES", server.uri() + end}, {"HOLDFAST_PASSWORD", "geheim" + end}}}};
        const Finished done = run.wait();
        CHECK(done.status() == 0);
        CHECK(done.out == "in\n");
        CHECK(done.err == "");
    }
}

TEST_CASE("one that names another process stays as it is") {
    CHECK(shown("LISTEN_PID=1 WATCHDOG_PID=$$1", "test $WATCHDOG_PID = ${PPID}1 && echo $LISTEN_PID") == "1\n");
}

} // namespace holdfast::test::environment_test
