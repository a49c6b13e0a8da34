// The command never outlives its lock, whatever happens to holdfast itself.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>

namespace holdfast::test::guard_test {

using namespace std::chrono_literals;

namespace {

/// A run of the probe with a TTL of two seconds, and what can be seen of it from outside.
class ProbeRun {
  public:
    explicit ProbeRun(size_t nodes, const std::string& way = "fork") : servers_{nodes}, run_{words(way)} {
        const std::string last = way == "fork" ? "grandchild" : "child";
        REQUIRE(eventually([&] { return last_beat("child") > BootTime{} && last_beat(last) > BootTime{}; }));
    }

    RedisServers& servers() { return servers_; }
    Process& run() { return run_; }

    /// The last sign of life; the beginning of time when there was none.
    BootTime last_beat(const std::string& who) const {
        const std::string bytes = dir_.read(who);
        int64_t ns = 0;
        if (bytes.size() == sizeof ns) std::memcpy(&ns, bytes.data(), sizeof ns);
        return BootTime{nanoseconds{ns}};
    }
    BootTime last_beat() const { return std::max(last_beat("child"), last_beat("grandchild")); }
    bool beating() const { return BootClock::now() - last_beat() < 50ms; }

    /// When the first of the nodes will forget the key, as the nodes themselves see it.
    BootTime expires() {
        BootTime first = BootTime::max();
        for (size_t i = 0; i < servers_.size(); ++i) {
            const auto left = milliseconds{servers_[i].command({"PTTL", "holdfast:x"}).integer};
            first = std::min(first, BootClock::now() + left);
        }
        return first;
    }

    /// The guard of this run; 0 while there is none.
    pid_t guard() const {
        const std::string pid = finish({"sh", "-c",
                                        fmt::format("for p in $(cat /proc/{0}/task/{0}/children); do "
                                                    "grep -qx holdfast-guard /proc/$p/comm && echo $p; done",
                                                    run_.pid())})
                                    .out;
        return pid.empty() ? 0 : std::stoi(pid);
    }

  private:
    std::vector<std::string> words(const std::string& way) const {
        return run_on(servers_.uris(),
                      {"--ttl", "2s", "--grace", "100ms", "x", "--", HOLDFAST_PROBE, dir_.path(), "stubborn", way});
    }

    TempDir dir_;
    RedisServers servers_;
    Process run_;
};

} // namespace

TEST_CASE("when holdfast is killed, all of its command's group is gone before the lock is free") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        ProbeRun probe{n};
        ::kill(-probe.run().pid(), SIGKILL); // all of its process group
        const BootTime expires = probe.expires();
        REQUIRE(eventually([&] { return !probe.beating(); }));
        CHECK(probe.last_beat() < expires);
    }
}

TEST_CASE("when holdfast is stopped for longer than the TTL, its command is gone before the lock is free") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        ProbeRun probe{n};
        probe.run().signal(SIGSTOP);
        const BootTime expires = probe.expires();
        REQUIRE(eventually([&] { return BootClock::now() > expires; }));
        CHECK(probe.last_beat() < expires);
        probe.run().signal(SIGCONT);
        CHECK(probe.run().wait().status() == 79);
    }
}

TEST_CASE("a command that has left its process group is killed all the same") {
    ProbeRun probe{1, "leave"};
    probe.servers()[0].pause();
    // Whatever was renewed last was sent before this moment; its lease ends after the TTL less the drift.
    const BootTime lease_ends = BootClock::now() + 1978ms;
    CHECK(probe.run().wait().status() == 79);
    CHECK(probe.last_beat() < lease_ends);
}

TEST_CASE("a guard that is killed is replaced, and the new one does its work") {
    ProbeRun probe{1};
    const pid_t first = probe.guard();
    REQUIRE(first > 0);
    ::kill(first, SIGKILL);
    REQUIRE(eventually([&] { return probe.guard() > 0 && probe.guard() != first; }));
    CHECK(probe.beating());
    probe.run().signal(SIGKILL);
    const BootTime expires = probe.expires();
    REQUIRE(eventually([&] { return !probe.beating(); }));
    CHECK(probe.last_beat() < expires);
}

TEST_CASE("the guard is in a process group of its own, but shares the processors with holdfast") {
    ProbeRun probe{1};
    REQUIRE(probe.guard() > 0);
    CHECK(::getpgid(probe.guard()) == probe.guard());
    CHECK(::getsid(probe.guard()) == ::getsid(probe.run().pid()));
}

TEST_CASE("a guard that is stopped is replaced") {
    ProbeRun probe{1};
    const pid_t first = probe.guard();
    REQUIRE(first > 0);
    ::kill(first, SIGSTOP);
    REQUIRE(eventually([&] { return probe.guard() > 0 && probe.guard() != first; }));
    CHECK(probe.beating());
}

TEST_CASE("a guard that is stopped is killed only when another one stands, so holdfast can be killed at any time") {
    ProbeRun probe{1};
    const pid_t stopped = probe.guard();
    REQUIRE(stopped > 0);
    ::kill(stopped, SIGSTOP);
    const auto dead = [&] {
        std::string stat;
        std::getline(std::ifstream{fmt::format("/proc/{}/stat", stopped)}, stat);
        return stat.empty() || has(stat, ") Z ");
    };
    const BootTime give_up = BootClock::now() + patience;
    while (!dead() && BootClock::now() < give_up) {
    }
    probe.run().signal(SIGKILL);
    const BootTime expires = probe.expires();
    REQUIRE(eventually([&] { return !probe.beating(); }));
    CHECK(probe.last_beat() < expires);
}

TEST_CASE("a command stops by itself in its grace when holdfast is killed, and then nobody kills it") {
    RedisServer server;
    TempDir dir;
    // In a child of the command, which only the guard tells.
    const std::string script = fmt::format("sh -c 'trap \"sleep 0.2; echo told > {}; exit\" TERM; echo started; "
                                           "while :; do sleep 0.01; done' & wait",
                                           dir.file("end"));
    Process run{run_on(server.uri(), {"--ttl", "4s", "x", "-c", script})};
    run.wait_for_out("started");
    run.signal(SIGKILL);
    CHECK(eventually([&] { return dir.read("end") == "told\n"; }, 5s));
}

TEST_CASE("the guard does not survive the run") {
    RedisServer server;
    const Finished done = finish(run_on(server.uri(), {"x", "-c", "cat /proc/$PPID/task/$PPID/children"}));
    CHECK(done.status() == 0);
    const int guard = std::stoi(done.out); // the first child
    CHECK(eventually([&] {
        const std::string stat = finish({"sh", "-c", fmt::format("cat /proc/{}/stat 2>/dev/null", guard)}).out;
        return stat.find("holdfast-guard") == std::string::npos || stat.find(") Z ") != std::string::npos;
    }));
}

TEST_CASE("when holdfast is stopped, its command has its grace to end by itself, also one that is stopped") {
    RedisServer server;
    TempDir dir;
    const std::string script =
        fmt::format("trap 'echo told > {}; exit' TERM; echo started; kill -STOP $$; exit", dir.file("end"));
    Process run{run_on(server.uri(), {"--ttl", "4s", "x", "-c", script})};
    run.wait_for_out("started");
    run.signal(SIGSTOP);
    CHECK(eventually([&] { return dir.read("end") == "told\n"; }));
    run.signal(SIGCONT);
    CHECK(run.wait().status() == 79);
}

TEST_CASE("when holdfast and its guard are killed together, the command itself still gets SIGTERM") {
    RedisServer server;
    TempDir dir;
    const std::string script = fmt::format("trap 'echo told > {0}; exit' TERM; cat /proc/$PPID/task/$PPID/children > "
                                           "{1}.new; mv {1}.new {1}; while :; do sleep 0.01; done",
                                           dir.file("end"), dir.file("children"));
    Process run{run_on(server.uri(), {"x", "-c", script})};
    REQUIRE(eventually([&] { return !dir.read("children").empty(); }));
    run.signal(SIGSTOP); // or it would have another guard at once
    ::kill(std::stoi(dir.read("children")), SIGKILL);
    run.signal(SIGKILL);
    CHECK(eventually([&] { return dir.read("end") == "told\n"; }, 5s));
}

TEST_CASE("when a killed guard cannot be replaced, the command is stopped") {
    RedisServer server;
    TempDir dir;
    const std::string script = fmt::format("cat /proc/$PPID/task/$PPID/children > {0}.new; mv {0}.new {0}; "
                                           "while :; do sleep 0.01; done",
                                           dir.file("children"));
    Process run{run_on(server.uri(), {"x", "-c", script})};
    REQUIRE(eventually([&] { return !dir.read("children").empty(); }));
    // Before renewal has begun it would be what fails.
    REQUIRE(eventually([&] {
        return server.command({"PUBSUB", "NUMSUB", "holdfast:x:{holdfast:x}:revoked"}).items.at(1).integer == 1;
    }));
    const rlimit no_more_descriptors{5, 1024};
    const rlimit enough_for_sanitizers{1024, 1024};
    REQUIRE(::prlimit(run.pid(), RLIMIT_NOFILE, &no_more_descriptors, nullptr) == 0);
    ::kill(std::stoi(dir.read("children")), SIGKILL);
    run.wait_for_err("the guard process was killed and cannot be started again");
    REQUIRE(::prlimit(run.pid(), RLIMIT_NOFILE, &enough_for_sanitizers, nullptr) == 0);
    CHECK(run.wait().status() == 79);
}

TEST_CASE("a process that was killed while it waited for the lock is named, and the lock is released") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    Process run{run_on(server.uri(), {"x", "echo", "never"})};
    run.wait_for_err("waiting");
    const std::string children = finish({"sh", "-c",
                                         fmt::format("for p in $(cat /proc/{0}/task/{0}/children); do "
                                                     "grep -qx holdfast-guard /proc/$p/comm || echo $p; done",
                                                     run.pid())})
                                     .out;
    REQUIRE_FALSE(children.empty());
    ::kill(std::stoi(children), SIGKILL);
    server.command({"DEL", "holdfast:x"});
    const Finished done = run.wait();
    CHECK(done.status() == 70);
    CHECK(done.out.empty());
    CHECK(done.err.find("its process was killed while it waited for the lock") != std::string::npos);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

} // namespace holdfast::test::guard_test
