// What the user's rules do to the command: --max-hold, --on-lost, --leftovers, nested runs, a second signal.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>

namespace holdfast::test::rules_test {

using namespace std::chrono_literals;

namespace {

const std::string stubborn = "trap '' TERM; echo started; while :; do sleep 0.01; done";

/// A command that leaves two processes outside its group, one of them without a parent. They ignore SIGTERM.
class Daemons {
  public:
    std::string script() const {
        const auto daemon = [&](const char* name) {
            return fmt::format("setsid sh -c 'trap \"\" TERM; echo $$ > {0}.new; mv {0}.new {0}; "
                               "while :; do sleep 0.01; done' > /dev/null 2>&1 &",
                               dir_.file(name));
        };
        return fmt::format("{} ({}) ; trap '' TERM; echo started; while :; do sleep 0.01; done", daemon("child"),
                           daemon("orphan"));
    }
    bool started() const { return !dir_.read("child").empty() && !dir_.read("orphan").empty(); }
    bool alive(const char* name) const {
        const std::string stat = finish({"cat", fmt::format("/proc/{}/stat", std::stoi(dir_.read(name)))}).out;
        return !stat.empty() && stat.find(") Z ") == std::string::npos;
    }
    ~Daemons() {
        for (const char* name : {"child", "orphan"})
            if (!dir_.read(name).empty() && alive(name)) ::kill(std::stoi(dir_.read(name)), SIGKILL);
    }

  private:
    TempDir dir_;
};

} // namespace

TEST_CASE("with --tree a loss stops descendants outside the group as well, and without it they live on") {
    for (const bool tree : {true, false}) {
        CAPTURE(tree);
        RedisServer server;
        Daemons daemons;
        std::vector<std::string> words{"--ttl", "1s", "--grace", "100ms", "x", "-c", daemons.script()};
        if (tree) words.insert(words.begin(), "--tree");
        Process run{run_on(server.uri(), words)};
        REQUIRE(eventually([&] { return daemons.started(); }));
        server.command({"DEL", "holdfast:x"});
        CHECK(run.wait().status() == 79);
        CHECK(daemons.alive("child") != tree);
        CHECK(daemons.alive("orphan") != tree);
    }
}

TEST_CASE("with --tree the guard of a holdfast that is stopped or killed stops what left the group") {
    RedisServer server;
    for (const int signal : {SIGSTOP, SIGKILL}) {
        CAPTURE(signal);
        Daemons daemons;
        Process run{run_on(server.uri(), {"--tree", "--ttl", "1s", "--grace", "100ms", "x", "-c", daemons.script()})};
        REQUIRE(eventually([&] { return daemons.started(); }));
        run.signal(signal);
        CHECK(eventually([&] { return !daemons.alive("child"); }));
        // Orphans of a killed holdfast are nobody's descendants any more.
        if (signal == SIGSTOP) CHECK(eventually([&] { return !daemons.alive("orphan"); }));
    }
}

namespace {

/// A command that ends of SIGTERM at once, and its only child, which has left its group and does `on_term`.
class Stray {
  public:
    explicit Stray(const std::string& on_term) {
        dir_.write("late", fmt::format("echo $$ > {}; exec sleep 60", dir_.file("late.pid")));
        const std::string stray =
            dir_.write("stray", fmt::format("cd {}; trap '{}' TERM; echo $$ > stray.pid; while :; do sleep 0.01; done",
                                            dir_.path(), on_term));
        run_.emplace(
            run_on(server_.uri(),
                   {"--tree", "--ttl", "10s", "--grace", "500ms", "x", "-c",
                    fmt::format("cd {}; read guard rest < /proc/$PPID/task/$PPID/children; echo $guard > guard.pid; "
                                "echo $$ > leader.pid; setsid sh {} > /dev/null 2>&1 & wait",
                                dir_.path(), stray)}));
        REQUIRE(eventually([&] { return pid("stray") > 0; }));
    }
    ~Stray() {
        for (const char* who : {"stray", "late"}) {
            if (pid(who) > 0 && alive(who)) ::kill(pid(who), SIGKILL);
            reap(who);
        }
    }

    Process& run() { return *run_; }
    bool locked() const { return server_.text({"EXISTS", "holdfast:x"}) == "1"; }
    bool told() const { return dir_.read("told") == "told\n"; }
    bool alive(const char* who) const {
        const std::string stat = finish({"cat", fmt::format("/proc/{}/stat", pid(who))}).out;
        return !stat.empty() && stat.find(") Z ") == std::string::npos;
    }
    /// Where orphans come to us; within a bound.
    bool reap(const char* who) const {
        return eventually([&] { return ::waitpid(pid(who), nullptr, WNOHANG) != 0; }, 5s);
    }
    /// 0 while it has not started.
    pid_t pid(const char* who) const {
        const std::string text = dir_.read(fmt::format("{}.pid", who));
        return text.ends_with('\n') ? std::stoi(text) : 0;
    }

  private:
    TempDir dir_;
    RedisServer server_;
    std::optional<Process> run_;
};

} // namespace

TEST_CASE("with --tree the guard of a holdfast that is killed gives what left the group its grace") {
    Stray stray{"echo told > told; exit"};
    stray.run().signal(SIGKILL);
    CHECK(eventually([&] { return !stray.alive("stray"); }, 5s));
    CHECK(stray.told());
}

TEST_CASE("with --tree the guard of a holdfast that is killed kills what outlives the command, and what that starts") {
    // An init need not reap at once, and a zombie keeps the guard waiting.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    Stray stray{"setsid sh late &"};
    stray.run().signal(SIGKILL);
    CHECK(stray.reap("leader"));
    REQUIRE(eventually([&] { return stray.pid("late") > 0; }, 5s));
    CHECK(eventually([&] { return !stray.alive("stray") && !stray.alive("late"); }, 5s));
    CHECK(stray.locked());
    CHECK(stray.reap("guard"));
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("--max-hold stops the command as timeout would, and gives 124") {
    RedisServer server;
    const Finished done = finish(run_on(server.uri(), {"--max-hold", "100ms", "x", "-c",
                                                       "trap 'echo told; exit 0' TERM; while :; do sleep 0.01; done"}));
    CHECK(done.status() == 124);
    CHECK(done.out == "told\n");
    CHECK(done.err.find("holdfast: stopping the command after 100ms (--max-hold)\n") != std::string::npos);
    CHECK(finish(run_on(server.uri(), {"--max-hold", "100ms", "--grace", "50ms", "x", "-c", stubborn})).status() ==
          124);
    CHECK(finish(run_on(server.uri(), {"--max-hold", "0", "x", "-c", "sleep 0.2; exit 3"})).status() == 3);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a lock that is lost while --max-hold stops the command gives 79") {
    RedisServer server;
    const TempDir dir;
    const std::string script = fmt::format("trap '' TERM; while [ ! -e {} ]; do sleep 0.01; done", dir.file("end"));
    Process run{run_on(server.uri(), {"--ttl", "9s", "--grace", "4500ms", "--node-timeout", "300ms", "--max-hold",
                                      "100ms", "x", "-c", script})};
    run.wait_for_err("--max-hold");
    server.command({"DEL", "holdfast:x"});
    run.wait_for_err("the lock is lost");
    dir.write("end", "");
    CHECK(run.wait().status() == 79);
}

TEST_CASE("with --on-lost ignore the command goes on, is told of, and the status is 79") {
    RedisServer server;
    Process run{run_on(server.uri(),
                       {"--ttl", "1s", "--on-lost", "ignore", "x", "-c", "echo started; read line; echo through"})};
    run.wait_for_out("started");
    server.command({"DEL", "holdfast:x"});
    run.wait_for_err("the lock is lost, and the command goes on without it: ");
    run.say("\n");
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(done.out == "started\nthrough\n");
}

TEST_CASE("with --on-lost ignore the command goes on when holdfast is killed") {
    const RedisServer server;
    const TempDir dir;
    const std::string script = "exec > /dev/null 2>&1; cd $DIR; trap 'echo TERM >> got' TERM; "
                               "trap 'echo WINCH >> got' WINCH; echo $$ > pid; while :; do sleep 0.01; done";
    Process run{run_on(server.uri(), {"--on-lost", "ignore", "x", "-c", script}),
                {.environment = {{"DIR", dir.path()}}}};
    REQUIRE(eventually([&] { return dir.read("pid").ends_with('\n'); }));
    const pid_t command = std::stoi(dir.read("pid"));
    run.signal(SIGKILL);
    run.wait();
    // What the end of holdfast brings it has got before this.
    ::kill(command, SIGWINCH);
    CHECK(eventually([&] { return has(dir.read("got"), "WINCH\n"); }, 5s));
    CHECK(dir.read("got") == "WINCH\n");
    ::kill(command, SIGKILL);
}

TEST_CASE("--leftovers leave releases when the command ends, and what it left lives on") {
    RedisServer server;
    TempDir dir;
    const Finished done = finish(
        run_on(server.uri(),
               {"--leftovers", "leave", "x", "-c",
                fmt::format("(while [ ! -e {0} ]; do sleep 0.01; done; echo went on > {1}) > /dev/null 2>&1 & exit 5",
                            dir.file("go"), dir.file("log"))}));
    CHECK(done.status() == 5);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(dir.read("log").empty());
    dir.write("go", "");
    CHECK(eventually([&] { return dir.read("log") == "went on\n"; }));
}

TEST_CASE("--leftovers kill stops what the command left before the lock is released") {
    RedisServer server;
    TempDir dir;
    const Finished done = finish(
        run_on(server.uri(),
               {"--leftovers", "kill", "--grace", "50ms", "x", "-c",
                fmt::format("(trap '' TERM; while :; do echo x >> {}; done) > /dev/null 2>&1 & sleep 0.1; exit 5",
                            dir.file("beat"))}));
    CHECK(done.status() == 5);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    const std::string last = dir.read("beat");
    CHECK(!last.empty());
    CHECK_FALSE(eventually([&] { return dir.read("beat") != last; }, 100ms));
}

TEST_CASE("a run of the same lock inside itself is refused, and another lock inside is not") {
    RedisServers servers{3};
    const std::string turned_around = servers[2].uri() + "," + servers[0].uri() + "," + servers[1].uri();
    const auto inside = [&](const std::string& nodes, const std::string& name) {
        return finish(run_on(servers.uris(), {"x", "--", HOLDFAST_BINARY, "run", "--node", nodes, name, "true"}));
    };
    CHECK(inside(servers.uris(), "x").status() == 64);
    CHECK(inside(turned_around, "x").status() == 64);
    CHECK(inside(turned_around, "x").err.find("x is held by a run around this one") != std::string::npos);
    CHECK(inside(servers.uris(), "y").status() == 0);
    CHECK(inside(servers[0].uri(), "y").status() == 0);
    const Finished deep =
        finish(run_on(servers.uris(), {"x", "--", HOLDFAST_BINARY, "run", "--node", servers.uris(), "y", "--",
                                       HOLDFAST_BINARY, "run", "--node", servers.uris(), "x", "true"}));
    CHECK(deep.status() == 64);
}

TEST_CASE("a second request to end shortens the grace, and the same one sent twice does not") {
    RedisServer server;
    Process run{run_on(server.uri(), {"--ttl", "30s", "--grace", "15s", "--max-hold", "50ms", "x", "-c", stubborn})};
    run.wait_for_err("--max-hold");
    const BootTime start = BootClock::now();
    run.signal(SIGTERM);
    run.signal(SIGTERM);
    CHECK_FALSE(eventually([&] { return !run.running(); }, 300ms));
    CHECK(eventually([&] { return BootClock::now() > start + 1100ms; }));
    run.signal(SIGTERM);
    CHECK(run.wait().status() == 124);
    CHECK(BootClock::now() - start < 10s);
}

} // namespace holdfast::test::rules_test
