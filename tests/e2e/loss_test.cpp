// The command never outlives its lock: what happens to it when the lock goes.
#include "support/holdfast.hpp"
#include "support/listener.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <fcntl.h>
#include <thread>

namespace holdfast::test::loss_test {

using namespace std::chrono_literals;

namespace {

/// Ignores SIGTERM and writes the time (s.ns since boot is CLOCK_BOOTTIME's, as /proc/uptime) until it is killed.
const std::string stubborn = "trap '' TERM; echo started; while :; do cut -d' ' -f1 /proc/uptime > \"$OUT.new\" && mv "
                             "\"$OUT.new\" \"$OUT\"; done";

double last_heartbeat(const TempDir& dir) { return std::stod(dir.read("beat")); }

double now_s() { return std::chrono::duration<double>(BootClock::now().time_since_epoch()).count(); }

} // namespace

TEST_CASE("when the key is taken away the command gets SIGTERM, and 79 tells why") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Process run{
            run_on(servers.uris(), {"--ttl", "4s", "x", "-c",
                                    "trap 'echo told; exit 0' TERM; echo started; while :; do sleep 0.01; done"})};
        run.wait_for_out("started");
        const std::string taken =
            finish(holdfast::test::holdfast({"force-release", "--yes", "x", "--node", servers.uris()})).out;
        CHECK(taken.find("taken away") != std::string::npos);
        const Finished done = run.wait();
        CHECK(done.status() == 79);
        CHECK(done.out == "started\ntold\n");
        CHECK(done.err.find("holdfast: the lock is lost, stopping the command: ") != std::string::npos);
        CHECK(done.err.find(" has taken it away (force-release)\n") != std::string::npos);
    }
}

TEST_CASE("a lock of exactly a quorum is lost at the next renewal when one node of it forgets") {
    RedisServers servers{3};
    servers[2].kill();
    const std::string script = "trap 'exit 1' TERM; echo started; while :; do sleep 0.01; done";
    const std::string nodes = servers.uris();
    Process run{run_on(nodes, {"--ttl", "6s", "--grace", "100ms", "--node-timeout", "500ms", "x", "-c", script})};
    run.wait_for_out("started");
    // After the first renewal.
    REQUIRE(eventually([&] { return servers[0].text({"INFO", "commandstats"}).find("pexpire") != std::string::npos; }));
    servers[1].command({"DEL", "holdfast:x"});
    const BootTime gone = BootClock::now();
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(done.err.find("the key is gone") != std::string::npos);
    // The next renewal comes within two seconds, the one after it and the end of the lease after four.
    CHECK(BootClock::now() - gone < 3500ms);
}

TEST_CASE("a holder is told at once that its lock is taken away") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Process run{run_on(servers.uris(), {"--ttl", "60s", "x", "-c", "echo started; exec sleep 60"})};
        run.wait_for_out("started");
        CHECK(finish(holdfast::test::holdfast({"force-release", "--yes", "x", "--node", servers.uris()})).status() ==
              0);
        const BootTime taken = BootClock::now();
        CHECK(run.wait().status() == 79);
        // The next renewal would be after twenty seconds.
        CHECK(BootClock::now() - taken < 5s);
    }
}

TEST_CASE("a command that ignores SIGTERM is killed before the lease ends when no node answers any more") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        TempDir dir;
        Process run{run_on(servers.uris(), {"--ttl", "1s", "--grace", "200ms", "x", "-c", stubborn}),
                    {.environment = {{"OUT", dir.file("beat")}}}};
        run.wait_for_out("started");
        CHECK(eventually([&] { return !dir.read("beat").empty(); }));
        for (size_t i = 0; i < n; ++i) servers[i].pause();
        // Whatever was renewed last was sent before this moment.
        const double paused = now_s();
        const Finished done = run.wait();
        CHECK(done.status() == 79);
        CHECK(done.err.find("could not be renewed in time\n") != std::string::npos);
        for (size_t i = 0; i < n; ++i)
            CHECK(done.err.find(servers[i].uri() + "  no answer in 100ms\n") != std::string::npos);
        // /proc/uptime has hundredths; the lease of a renewal sent at `paused` ends 988 ms later.
        CHECK(last_heartbeat(dir) < paused + 0.988);
        for (size_t i = 0; i < n; ++i) servers[i].resume();
        for (size_t i = 0; i < n; ++i)
            CHECK(eventually([&] { return servers[i].text({"EXISTS", "holdfast:x"}) == "0"; }));
    }
}

TEST_CASE("all processes of the command's group are stopped with it") {
    RedisServer server;
    TempDir dir;
    const std::string script = fmt::format(
        "sh -c 'trap \"\" TERM; echo $$ > {0}; while :; do sleep 0.05; done' & sh -c 'echo $$ > {1}; exec sleep 60' & "
        "echo started; wait",
        dir.file("a"), dir.file("b"));
    Process run{run_on(server.uri(), {"--ttl", "1s", "--grace", "100ms", "x", "-c", script})};
    CHECK(eventually([&] { return !dir.read("a").empty() && !dir.read("b").empty(); }));
    server.command({"DEL", "holdfast:x"});
    CHECK(run.wait().status() == 79);
    for (const char* file : {"a", "b"}) {
        // A zombie that init has not reaped yet is as good as gone.
        const std::string stat =
            finish({"sh", "-c", "cat /proc/" + std::to_string(std::stoi(dir.read(file))) + "/stat 2>/dev/null"}).out;
        CHECK((stat.empty() || stat.find(") Z ") != std::string::npos));
    }
}

TEST_CASE("what is left of the command's group keeps the lock until it ends") {
    RedisServer server;
    Process run{run_on(server.uri(), {"x", "-c", "(read line < /dev/zero; sleep 1.3) > /dev/null 2>&1 & exit 5"})};
    run.wait_for_err("others of its group run on and keep the lock: ");
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "1");
    run.signal(SIGTERM);
    CHECK(run.wait().status() == 5);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("processes that are forked while their parents end keep the lock until the last of them has ended") {
    RedisServer server;
    TempDir dir;
    // Each of them is in /proc only for a moment: a look at it that is not made in one instant misses some.
    const std::string script = "rm -f $OUT; ((sleep 0.1; echo last > $OUT) &) > /dev/null 2>&1 & exit 5";
    for (int i = 0; i < 30; ++i) {
        const Finished done =
            finish(run_on(server.uri(), {"x", "-c", script}), {.environment = {{"OUT", dir.file("end")}}});
        CHECK(done.status() == 5);
        REQUIRE(dir.read("end") == "last\n");
    }
}

TEST_CASE("a node that does not even accept connections costs nothing while a quorum renews") {
    RedisServers servers{2};
    Listener listener{0};
    // With its queue full the kernel drops what more comes, as a host does that is gone.
    std::vector<Fd> queue;
    for (int i = 0; i < 4; ++i) queue.push_back(listener.connect());
    // Waiting for the connection takes a second; after that only 138 ms would be left to the stop point.
    const std::string nodes = fmt::format("{},redis://127.0.0.1:{}", servers.uris(), listener.port());
    const Finished done = finish(
        run_on(nodes, {"--ttl", "2s", "--grace", "1s", "--node-timeout", "50ms", "x", "-c", "sleep 2.5; exit 3"}));
    CAPTURE(done.err);
    CHECK(done.status() == 3);
}

TEST_CASE("a reader of our stderr who has gone away does the command no harm") {
    RedisServer server;
    const auto no_reader = [] {
        Pipe broken = make_pipe();
        ::dup2(broken.write.get(), 2);
    };
    const Finished done = finish(run_on(server.uri(), {"-v", "x", "-c", "sleep 0.2; exit 3"}), {.in_child = no_reader});
    CHECK(done.status() == 3);
}

TEST_CASE("a lock outlives its TTL as long as its command runs") {
    RedisServers servers{3};
    const Finished done = finish(run_on(servers.uris(), {"--ttl", "3s", "x", "-c", "sleep 4; exit 3"}));
    CAPTURE(done.err);
    CHECK(done.status() == 3);
}

TEST_CASE("nodes that come back in time are not even noticed by the command") {
    RedisServer server;
    Process run{run_on(server.uri(), {"--ttl", "4s", "x", "-c", "echo started; sleep 3; echo through"})};
    run.wait_for_out("started");
    server.pause();
    // Past the first renewal at 1.3 s, before the stop point at 4 s - 42 ms - 200 ms - 1 s.
    const BootTime resume_at = BootClock::now() + 1700ms;
    CHECK(eventually([&] { return BootClock::now() > resume_at; }));
    server.resume();
    const Finished done = run.wait();
    CAPTURE(done.err);
    CHECK(done.status() == 0);
    CHECK(done.out == "started\nthrough\n");
}

TEST_CASE("a node that restarts empty takes the lock from one node, and from three it does not") {
    {
        RedisServer server;
        Process run{run_on(server.uri(), {"--ttl", "1s", "x", "-c", "echo started; sleep 60"})};
        run.wait_for_out("started");
        server.kill();
        server.start();
        CHECK(run.wait().status() == 79);
    }
    RedisServers servers{3};
    Process run{run_on(servers.uris(), {"--ttl", "3s", "x", "-c", "echo started; sleep 4"})};
    run.wait_for_out("started");
    servers[0].kill();
    servers[0].start();
    const Finished done = run.wait();
    CAPTURE(done.err);
    CHECK(done.status() == 0);
}

TEST_CASE("a killed holdfast takes its command along, and the lock ends with its TTL") {
    RedisServer server;
    TempDir dir;
    Process run{
        run_on(server.uri(), {"--ttl", "1s", "x", "-c", fmt::format("echo $$ > {}; exec sleep 60", dir.file("pid"))})};
    CHECK(eventually([&] { return !dir.read("pid").empty(); }));
    run.signal(SIGKILL);
    CHECK(run.wait().signal() == SIGKILL);
    CHECK(eventually([&] { return server.text({"EXISTS", "holdfast:x"}) == "0"; }));
    const std::string stat =
        finish({"sh", "-c", "cat /proc/" + std::to_string(std::stoi(dir.read("pid"))) + "/stat 2>/dev/null"}).out;
    CHECK((stat.empty() || stat.find(") Z ") != std::string::npos));
}

TEST_CASE("signals reach the command, and its answer to them is ours") {
    RedisServer server;
    const std::string script =
        "trap 'echo got $s; exit 4' INT TERM HUP QUIT USR1 USR2 ALRM WINCH; echo started; while :; do sleep 0.01; done";
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH}) {
        CAPTURE(signal);
        Process run{run_on(server.uri(), {"x", "-c", script})};
        run.wait_for_out("started");
        run.signal(signal);
        CHECK(run.wait().status() == 4);
    }
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a reader of our stderr who does not read does not keep the command alive") {
    RedisServer server;
    TempDir dir;
    Pipe full = make_pipe();
    ::fcntl(full.write.get(), F_SETFL, O_NONBLOCK);
    const std::string junk(4096, 'x');
    while (::write(full.write.get(), junk.data(), junk.size()) > 0) {
    }
    ::fcntl(full.write.get(), F_SETFL, 0);
    Process run{run_on(server.uri(), {"--ttl", "1s", "--grace", "100ms", "-v", "x", "-c", stubborn}),
                {.environment = {{"OUT", dir.file("beat")}}, .in_child = [&] { ::dup2(full.write.get(), 2); }}};
    run.wait_for_out("started");
    server.command({"DEL", "holdfast:x"});
    CHECK(run.wait().status() == 79);
}

TEST_CASE("when no node answers any more the command is told in time to end by itself") {
    RedisServer server;
    Process run{run_on(server.uri(), {"--ttl", "4s", "x", "-c",
                                      "trap 'echo told; exit 0' TERM; echo started; while :; do sleep 0.01; done"})};
    run.wait_for_out("started");
    server.pause();
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(done.out == "started\ntold\n");
    server.resume();
}

TEST_CASE("a stopped command still gets its SIGTERM") {
    RedisServer server;
    Process run{run_on(server.uri(), {"--ttl", "4s", "x", "-c",
                                      "trap 'echo told; exit 0' TERM; echo started; kill -STOP $$; exit 0"})};
    run.wait_for_out("started");
    server.command({"DEL", "holdfast:x"});
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(done.out == "started\ntold\n");
}

TEST_CASE(
    "when renewal cannot be started as long as the lease lasts the command is stopped, and the lock is released") {
    if (!can_leave_threads_no_room()) {
        MESSAGE("skipped: every thread can be started here");
        return;
    }
    const RedisServer server;
    const Finished done =
        finish(run_on(server.uri(), {"--ttl", "2s", "x", "sleep", "60"}), {.in_child = leave_threads_no_room});
    CHECK(done.status() == 79);
    CHECK(done.err.find("holdfast: the lock is lost, stopping the command: renewal cannot be started: ") !=
          std::string::npos);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a renewal that cannot be started at first is started while the lease lasts") {
    if (!can_leave_threads_no_room()) {
        MESSAGE("skipped: every thread can be started here");
        return;
    }
    const RedisServer server;
    const auto leave_threads_little_room = [] {
        // A thread's stack is larger than all of the address space.
        constexpr rlimit stack{rlim_t{1} << 30, RLIM_INFINITY};
        constexpr rlimit all{rlim_t{1} << 29, RLIM_INFINITY};
        ::setrlimit(RLIMIT_STACK, &stack);
        ::setrlimit(RLIMIT_AS, &all);
    };
    Process run{run_on(server.uri(), {"--ttl", "20s", "--history", "off", "x", "-c", "echo started; read line"}),
                {.in_child = leave_threads_little_room}};
    run.wait_for_out("started");
    // It has been tried, and the command runs on.
    std::this_thread::sleep_for(100ms);
    const auto renewed = [&] { return server.text({"INFO", "commandstats"}).find("pexpire") != std::string::npos; };
    CHECK_FALSE(renewed());
    CHECK(run.running());
    constexpr rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
    REQUIRE(::prlimit(run.pid(), RLIMIT_AS, &enough, nullptr) == 0);
    CHECK(eventually(renewed));
    run.say("\n");
    CHECK(run.wait().status() == 0);
}

TEST_CASE("a zombie in the command's group does not keep the lock") {
    RedisServer server;
    TempDir dir;
    // The sleep is out of the group when its child in the group ends, and never reaps it.
    const std::string script = fmt::format(
        R"(sh -c 'sh -c "until [ \$(cat /proc/\$PPID/comm) = sleep ]; do :; done" & echo $$ > {}; exec setsid sleep 3' )"
        "> /dev/null 2>&1 < /dev/null &",
        dir.file("pid"));
    CHECK(finish(run_on(server.uri(), {"x", "-c", script})).status() == 0);
    const pid_t outside = std::stoi(dir.read("pid"));
    CHECK(::kill(outside, 0) == 0);
    ::kill(outside, SIGKILL);
}

TEST_CASE("a signal to us reaches every process of the command's group") {
    RedisServer server;
    const std::string script =
        "trap : USR1; sh -c 'trap \"echo child told; exit\" USR1; echo ready; while :; do sleep 0.01; done' & "
        "wait; wait";
    Process run{run_on(server.uri(), {"x", "-c", script})};
    run.wait_for_out("ready");
    run.signal(SIGUSR1);
    CHECK(run.wait().out == "ready\nchild told\n");
}

} // namespace holdfast::test::loss_test
