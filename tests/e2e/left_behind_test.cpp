// What lives when the command has ended or was to be stopped: what left its group, and what cannot be killed.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>

namespace holdfast::test::left_behind_test {

using namespace std::chrono_literals;

namespace {

bool gone(pid_t pid) {
    const std::string stat = finish({"sh", "-c", fmt::format("cat /proc/{}/stat 2>/dev/null", pid)}).out;
    return stat.empty() || stat.find(") Z ") != std::string::npos;
}

/// A command that has a descendant in a session of its own, as su -c and many daemons make one, and says its pid.
class Detached {
  public:
    explicit Detached(const std::string& options, const std::string& what, const std::string& then)
        : run_{{"sh", "-c",
                fmt::format("exec {} run --node {} --ttl 60s {} x -c \"$COMMAND\"", HOLDFAST_BINARY, server_.uri(),
                            options)},
               {.environment = {
                    {"COMMAND",
                     fmt::format(
                         "setsid sh -c '{}echo $$ > {}; exec sleep 60' > /dev/null 2>&1 & "
                         "until grep -q sleep /proc/$(cat {})/comm; do sleep 0.01; done 2> /dev/null; echo started; "
                         "{}",
                         what, dir_.file("pid"), dir_.file("pid"), then)}}}} {
        run_.wait_for_out("started");
    }
    ~Detached() { ::kill(pid(), SIGKILL); }

    pid_t pid() const { return std::stoi(dir_.read("pid")); }
    Process& run() { return run_; }

  private:
    TempDir dir_;
    RedisServer server_;
    Process run_;
};

const std::string waits = "wait";
const std::string ends = "exit 3";
const std::string ignores_term = "trap \"\" TERM; ";

} // namespace

TEST_CASE("what works on without the lock after a stop is named, and after a normal end only with -v") {
    for (const int signal : {SIGTERM, SIGINT}) {
        Detached stopped{"", "", waits};
        stopped.run().signal(signal);
        const Finished done = stopped.run().wait();
        CHECK(done.signal() == signal);
        CHECK(done.err == fmt::format("holdfast: processes that left the command's group work on without the lock: {} "
                                      "(sleep); --tree stops them as well\n",
                                      stopped.pid()));
        CHECK_FALSE(gone(stopped.pid()));
    }
    Detached limited{"--max-hold 2s", "", waits};
    CHECK(limited.run().wait().err.find(fmt::format("without the lock: {} (sleep);", limited.pid())) !=
          std::string::npos);
    Detached ended{"", "", ends};
    CHECK(ended.run().wait().err.empty());
    Detached told{"-v", "", ends};
    CHECK(told.run().wait().err.find(fmt::format("run on: {} (sleep)\n", told.pid())) != std::string::npos);
}

TEST_CASE("with --tree a signal that ends the command ends what has left its group, too") {
    for (const std::string& what : {std::string{}, ignores_term}) {
        CAPTURE(what);
        Detached detached{"--tree --grace 200ms", what, waits};
        detached.run().signal(SIGTERM);
        const Finished done = detached.run().wait();
        CHECK(done.signal() == SIGTERM);
        CHECK(done.err.empty());
        CHECK(gone(detached.pid()));
    }
}

TEST_CASE("with --tree a command that ends by itself leaves its daemons running") {
    Detached detached{"--tree", "", ends};
    CHECK(detached.run().wait().status() == 3);
    CHECK_FALSE(gone(detached.pid()));
}

TEST_CASE("with --tree, --leftovers kill stops what left the group, whether or not there is more in it") {
    for (const std::string& then : {ends, "sleep 60 > /dev/null 2>&1 & " + ends}) {
        CAPTURE(then);
        Detached detached{"--tree --grace 200ms --leftovers kill", ignores_term, then};
        CHECK(detached.run().wait().status() == 3);
        CHECK(gone(detached.pid()));
    }
}

namespace {

/// holdfast as an ordinary user, around a command that has become root and ignores SIGTERM, as `sudo ...` does.
class RunOfAnother {
  public:
    static bool possible() {
        const bool can = ::geteuid() == 0 && finish({"setpriv", "--reuid", "65534", "true"}).status() == 0;
        if (!can) MESSAGE("skipped: only root can start a command that its holdfast may not kill");
        return can;
    }
    explicit RunOfAnother(const std::vector<std::string>& options) {
        // A checkout may be where only root can look.
        ::chmod(dir_.path().c_str(), 0755);
        for (const auto& [from, to] : {std::pair{HOLDFAST_BINARY, "holdfast"}, std::pair{HOLDFAST_PROBE, "become"}})
            if (finish({"cp", from, dir_.file(to)}).status() != 0) FAIL("no copy");
        ::chmod(dir_.file("become").c_str(), 04755);
        std::vector<std::string> words{
            "setpriv", "--reuid", "65534",      "--regid", "65534", "--clear-groups", dir_.file("holdfast"),
            "run",     "--node",  server_.uri()};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"x", "--", dir_.file("become"), dir_.path(), "stubborn", "root"});
        run_.emplace(words);
        REQUIRE(eventually([&] { return !dir_.read("child").empty(); }));
    }
    ~RunOfAnother() { end(); }

    Process& run() { return *run_; }
    RedisServer& server() { return server_; }
    void end() const { dir_.write("end", ""); }
    Process next_holder() const {
        return Process{run_on(server_.uri(), {"-q", "-w", "20s", "x", "--", HOLDFAST_PROBE, dir_.path(), "once"})};
    }
    /// How often its main thread has waited.
    int looks() const {
        return std::stoi(finish({"sed", "-n", "s/^voluntary_ctxt_switches:.//p",
                                 fmt::format("/proc/{0}/task/{0}/status", run_->pid())})
                             .out);
    }
    bool beats() const {
        const std::string before = dir_.read("child");
        return eventually([&] { return dir_.read("child") != before; }, 1s);
    }

  private:
    TempDir dir_;
    RedisServer server_{{}, RedisServer::Listens::loopback};
    std::optional<Process> run_;
};

} // namespace

TEST_CASE("a command that became another user and cannot be killed is named, and keeps its lock until it ends") {
    if (!RunOfAnother::possible()) return;
    RunOfAnother run{{"--ttl", "1s", "--grace", "100ms", "--max-hold", "300ms"}};
    Process next = run.next_holder();
    run.run().wait_for_err("what is left of the command cannot be killed: ");
    run.run().wait_for_err(" (become, uid 0); the lock is renewed until it has ended.");
    // Several leases later. It looks once a second.
    const int looks_before = run.looks();
    const BootTime later = BootClock::now() + 3s;
    CHECK(eventually([&] { return BootClock::now() > later; }));
    CHECK(run.looks() - looks_before < 10);
    CHECK(run.beats());
    CHECK(run.run().running());
    CHECK(next.running());
    run.end();
    CHECK(run.run().wait().status() == 124);
    CHECK(next.wait().status() == 0);
}

TEST_CASE("of a command that cannot be killed is said that it works on without the lock when that was taken away") {
    if (!RunOfAnother::possible()) return;
    RunOfAnother run{{"--ttl", "60s", "--grace", "100ms"}};
    finish(holdfast::test::holdfast({"force-release", "--yes", "x", "--node", run.server().uri()}));
    run.run().wait_for_err(" (become, uid 0); it works on without the lock\n");
    run.end();
    const Finished done = run.run().wait();
    CHECK(done.status() == 79);
    CHECK(done.err.find("ends by itself") == std::string::npos);
}

} // namespace holdfast::test::left_behind_test
