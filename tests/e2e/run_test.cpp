// `holdfast run` as its users see it.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>

namespace holdfast::test::run_test {

using namespace std::chrono_literals;

TEST_CASE("the command's status is ours") {
    RedisServer server;
    const auto run = [&](const std::string& script) { return finish(run_on(server.uri(), {"x", "-c", script})); };
    CHECK(run("exit 0").status() == 0);
    CHECK(run("exit 7").status() == 7);
    CHECK(run("exit 255").status() == 255);
    CHECK(finish(run_on(server.uri(), {"x", "--", "/no/such/command"})).status() == 127);
    CHECK(finish(run_on(server.uri(), {"x", "--", "no-such-command"})).status() == 127);
    CHECK(finish(run_on(server.uri(), {"x", "--", "/etc/passwd"})).status() == 126);
    CHECK(finish(run_on(server.uri(), {"x", "--", "/tmp"})).status() == 126);
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a command that a signal ended makes us end by the same signal") {
    RedisServer server;
    for (const int signal : {SIGTERM, SIGINT, SIGKILL, SIGQUIT, SIGHUP}) {
        CAPTURE(signal);
        CHECK(finish(run_on(server.uri(), {"x", "-c", fmt::format("kill -{} $$", signal)})).signal() == signal);
    }
    CHECK(finish({"sh", "-c",
                  fmt::format("'{}' run --node {} x -c 'kill -15 $$'; echo $?", HOLDFAST_BINARY, server.uri())})
              .out == "143\n");
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("nothing is printed when all goes well, and the command's words and input arrive untouched") {
    RedisServer server;
    const Finished odd =
        finish(run_on(server.uri(), {"x", "--", "printf", "<%s>", "[a,b]", "", "--", "-x", "a b", "$HOME", "*"}));
    CHECK(odd.out == "<[a,b]><><--><-x><a b><$HOME><*>");
    CHECK(odd.err.empty());
    CHECK(finish(run_on(server.uri(), {"x", "cat"}), {.input = "to the letter\n"}).out == "to the letter\n");
}

TEST_CASE("the key is held while the command runs and gone on all nodes when run returns") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Process run{run_on(servers.uris(), {"x", "-c", "echo started; read line"})};
        run.wait_for_out("started");
        for (size_t i = 0; i < n; ++i) {
            CHECK(servers[i].text({"GET", "holdfast:x"}).find("\"label\":\"sh\"") != std::string::npos);
            const int64_t ttl = servers[i].command({"PTTL", "holdfast:x"}).integer;
            CHECK(ttl > 0);
            CHECK(ttl <= 30'000);
        }
        run.signal(SIGTERM);
        CHECK(run.wait().signal() == SIGTERM);
        for (size_t i = 0; i < n; ++i) CHECK(servers[i].text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("the command finds its lock in its environment, and no password") {
    RedisServer server;
    server.command({"CONFIG", "SET", "requirepass", "geheim"});
    Node node = server.node();
    const std::string uri = node.display();
    const auto env = [&](const std::string& variable) {
        return finish(run_on(uri, {"x", "-c", "env | grep " + variable + "; exit 0"}),
                      {.environment = {{"HOLDFAST_PASSWORD", "geheim"}, {"HOLDFAST_NODES", "redis://u:geheim@h"}}})
            .out;
    };
    CHECK(env("^HOLDFAST_LOCK=") == "HOLDFAST_LOCK=x\n");
    CHECK(env("^HOLDFAST_KEY=") == "HOLDFAST_KEY=holdfast:x\n");
    CHECK(env("^HOLDFAST_KEY_PREFIX=") == "HOLDFAST_KEY_PREFIX=holdfast:\n");
    CHECK(env("^HOLDFAST_NODES=") == "HOLDFAST_NODES=" + uri + "\n");
    CHECK(env("^HOLDFAST_TOKEN=").size() == std::string{"HOLDFAST_TOKEN=.1\n"}.size() + 32);
    CHECK(env("geheim").empty());
}

TEST_CASE("the command gets the descriptors, the signal mask and the dispositions that we got") {
    RedisServer server;
    const auto setup = [] {
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, SIGUSR2);
        sigprocmask(SIG_SETMASK, &mask, nullptr);
        std::signal(SIGCHLD, SIG_IGN);
        std::signal(SIGPIPE, SIG_DFL);
        std::signal(SIGHUP, SIG_IGN);
        ::dup2(1, 9);
        ::umask(027);
    };
    const std::string script =
        "grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; umask; ls /proc/self/fd | tr '\\n' ' '; pwd";
    const std::vector<std::string> plain{"sh", "-c", script};
    std::vector<std::string> held = run_on(server.uri(), {"x", "--"});
    held.insert(held.end(), plain.begin(), plain.end());
    CHECK(finish(held, {.in_child = setup}).out == finish(plain, {.in_child = setup}).out);
}

TEST_CASE("descriptors 0 to 2 that are closed at the start stay closed for the command, and nothing of ours takes "
          "their place") {
    RedisServer server;
    TempDir dir;
    const auto close_all = [] {
        for (const int fd : {0, 1, 2}) ::close(fd);
    };
    const auto script = [&](const std::string& file) { return fmt::format("ls /proc/self/fd > {}", dir.file(file)); };
    CHECK(finish(run_on(server.uri(), {"-v", "x", "-c", script("held")}), {.in_child = close_all}).status() == 0);
    CHECK(finish({"/bin/sh", "-c", script("plain")}, {.in_child = close_all}).status() == 0);
    CHECK(!dir.read("plain").empty());
    CHECK(dir.read("held") == dir.read("plain"));
}

TEST_CASE("a lock whose command cannot even be forked is released again") {
    RedisServer server;
    const auto no_processes = [] {
        REQUIRE(::setuid(65534) == 0);
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_NPROC, &none);
    };
    if (::getuid() != 0) return;
    ::chmod(server.node().socket_path.substr(0, server.node().socket_path.rfind('/')).c_str(), 0755);
    server.command({"CONFIG", "SET", "unixsocketperm", "777"});
    ::chmod(server.node().socket_path.c_str(), 0777);
    // A checkout may be where only root can look.
    TempDir dir;
    ::chmod(dir.path().c_str(), 0755);
    REQUIRE(finish({"cp", HOLDFAST_BINARY, dir.file("holdfast")}).status() == 0);
    const Finished done = finish({dir.file("holdfast"), "run", "--node", server.uri(), "x", "true"},
                                 // The leak sanitizer needs a process of its own, too.
                                 {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}, .in_child = no_processes});
    CHECK(done.status() == 70);
    CHECK(done.err.find("cannot start the guard process: ") != std::string::npos);
    CHECK(eventually([&] { return server.text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("a second run is told who holds the lock, for how long, and what to expect") {
    RedisServer server;
    Process first{run_on(server.uri(), {"nightly", "-c", "echo started; read line"})};
    first.wait_for_out("started");
    const Finished second = finish(run_on(server.uri(), {"-n", "nightly", "--", "echo", "never"}));
    CHECK(second.status() == 75);
    CHECK(second.out.empty());
    CHECK(second.err.starts_with("holdfast: nightly is held by sh ("));
    CHECK(second.err.find(fmt::format(", pid {}) for ", first.pid())) != std::string::npos);
    // 30s just after the first renewal, which comes soon; less where the machine takes its time.
    CAPTURE(second.err);
    CHECK((second.err.find("; it expires in 30s") != std::string::npos ||
           second.err.find("; it expires in 2") != std::string::npos));
    CHECK(second.err.ends_with("s unless renewed; the command was not run\n"));
    CHECK(finish(run_on(server.uri(), {"-n", "-E", "0", "nightly", "true"})).status() == 0);
    CHECK(finish(run_on(server.uri(), {"-n", "-E", "9", "nightly", "true"})).status() == 9);
    CHECK(finish(run_on(server.uri(), {"-n", "-q", "nightly", "true"})).err.empty());
    CHECK(finish(run_on(server.uri(), {"-w", "100ms", "nightly", "true"})).status() == 75);
}

TEST_CASE("a waiting run says once what it waits for, and runs when the lock is free") {
    RedisServer server;
    Process first{run_on(server.uri(), {"x", "-c", "echo started; read line"})};
    first.wait_for_out("started");
    Process second{run_on(server.uri(), {"x", "echo", "my turn"})};
    second.wait_for_err("holdfast: waiting without limit (-w DURATION sets one): x is held by sh");
    first.signal(SIGTERM);
    const Finished done = second.wait();
    CHECK(done.status() == 0);
    CHECK(done.out == "my turn\n");
    CHECK(std::ranges::count(done.err, '\n') == 1);
}

TEST_CASE("a signal ends a wait at once, and leaves nothing behind") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        CAPTURE(signal);
        Process waiter{run_on(server.uri(), {"x", "echo", "never"})};
        waiter.wait_for_err("waiting");
        waiter.signal(signal);
        const Finished done = waiter.wait();
        CHECK(done.signal() == signal);
        CHECK(done.out.empty());
    }
    CHECK(server.text({"DBSIZE"}) == "1");
}

TEST_CASE("a run that is refused or has ended leaves no process to an init that may not reap") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const auto left = [] { return ::waitpid(-1, nullptr, WNOHANG) > 0; };
    CHECK(finish(run_on(server.uri(), {"-n", "x", "true"})).status() == 75);
    CHECK(!left());
    CHECK(finish(run_on(server.uri(), {"free", "true"})).status() == 0);
    CHECK(!left());
    Process waiter{run_on(server.uri(), {"x", "true"})};
    waiter.wait_for_err("waiting");
    // It waits for none that is stopped.
    finish({"sh", "-c", fmt::format("kill -STOP $(cat /proc/{0}/task/{0}/children)", waiter.pid())});
    waiter.signal(SIGTERM);
    CHECK(waiter.wait().signal() == SIGTERM);
    CHECK(!left());
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("a signal that was ignored when we were started, as by nohup, ends no wait") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    Process waiter{run_on(server.uri(), {"x", "echo", "my turn"}), {.in_child = [] { std::signal(SIGHUP, SIG_IGN); }}};
    waiter.wait_for_err("waiting");
    waiter.signal(SIGHUP);
    server.command({"DEL", "holdfast:x"});
    CHECK(waiter.wait().out == "my turn\n");
}

TEST_CASE("a wait ends in time, also when a node hangs") {
    RedisServer server;
    server.pause();
    const BootTime start = BootClock::now();
    CHECK(
        finish(run_on(server.uri(), {"--ttl", "60s", "--node-timeout", "10s", "-w", "200ms", "x", "true"})).status() ==
        69);
    CHECK(BootClock::now() - start < 5s);
}

TEST_CASE("a signal that does not end anybody does not end a wait") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    Process waiter{run_on(server.uri(), {"x", "echo", "never"})};
    waiter.wait_for_err("waiting");
    waiter.signal(SIGWINCH);
    waiter.signal(SIGCHLD);
    waiter.signal(SIGCONT);
    server.command({"SET", "holdfast:x", "still another", "PX", "60000"});
    CHECK(waiter.running());
    waiter.signal(SIGTERM);
    CHECK(waiter.wait().out.empty());
}

TEST_CASE("nothing of a run waits for two of five nodes that are stopped") {
    RedisServers servers{5};
    for (const size_t i : {0U, 3U}) servers[i].pause();
    // Whoever waited for one of them would wait for 20 s; how fast it is otherwise, scripts/bench measures.
    const BootTime start = BootClock::now();
    CHECK(finish(run_on(servers.uris(), {"--ttl", "5m", "--node-timeout", "20s", "x", "true"})).status() == 0);
    CHECK(BootClock::now() - start < 10s);
    for (const size_t i : {0U, 3U}) servers[i].resume();
    CHECK(eventually([&] {
        return servers[0].text({"EXISTS", "holdfast:x"}) + servers[3].text({"EXISTS", "holdfast:x"}) == "00";
    }));
}

TEST_CASE("with three of five nodes stopped it fails with 69 and a line a node") {
    RedisServers servers{5};
    for (const size_t i : {0U, 2U, 4U}) servers[i].pause();
    const Finished run = finish(run_on(servers.uris(), {"-n", "--ttl", "5s", "x", "echo", "never"}));
    CHECK(run.status() == 69);
    CHECK(run.out.empty());
    CHECK(run.err.starts_with("holdfast: only 2 of 5 nodes answered, 3 are needed; the command was not run\n"));
    CHECK(std::ranges::count(run.err, '\n') == 6);
    for (size_t i = 0; i < 5; ++i) CHECK(run.err.find("  " + servers[i].uri() + "  ") != std::string::npos);
    CHECK(run.err.find("  no answer in 500ms\n") != std::string::npos);
    CHECK(run.err.find("; its vote was given back\n") != std::string::npos);
    for (const size_t i : {0U, 2U, 4U}) servers[i].resume();
    for (size_t i = 0; i < 5; ++i) CHECK(eventually([&] { return servers[i].text({"EXISTS", "holdfast:x"}) == "0"; }));
}

TEST_CASE("runs that compete in a loop never overlap, on one node and on three") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        TempDir dir;
        // The kernel's own lock is the judge: -n fails at once where two commands overlap.
        const std::string loop =
            fmt::format("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do '{}' run --node {} x -- flock -n -E 99 {} "
                        "sh -c 'echo ran >> {}' || exit $?; done",
                        HOLDFAST_BINARY, servers.uris(), dir.file("judge"), dir.file("log"));
        std::vector<Process> loops;
        for (int i = 0; i < 4; ++i) loops.emplace_back(std::vector<std::string>{"sh", "-c", loop});
        for (Process& process : loops) {
            const Finished done = process.wait();
            CAPTURE(done.err);
            CHECK(done.status() == 0);
        }
        CHECK(std::ranges::count(dir.read("log"), '\n') == 60);
        // A node that had not even answered the acquire yet has the release in its queue.
        for (size_t i = 0; i < n; ++i)
            CHECK(eventually([&] { return servers[i].text({"EXISTS", "holdfast:x"}) == "0"; }));
    }
}

TEST_CASE("of many that try at the same time one runs and the others are told who holds the lock") {
    RedisServers servers{3};
    std::vector<Process> tryers;
    for (int i = 0; i < 10; ++i) tryers.emplace_back(run_on(servers.uris(), {"-n", "x", "-c", "echo ran; read line"}));
    int refused = 0;
    for (Process& tryer : tryers) {
        if (!eventually([&] { return !tryer.running(); }, refused == 9 ? 0s : 2s)) continue;
        ++refused;
        const Finished done = tryer.wait();
        CHECK(done.status() == 75);
        CHECK(done.err.find("is held by") != std::string::npos);
    }
    CHECK(refused == 9);
}

TEST_CASE("the command gets the dispositions of signals that we got, also that of SIGCHLD") {
    RedisServer server;
    const auto ignored = [] { std::signal(SIGCHLD, SIG_IGN); };
    // Without a shell, which would set its own.
    const std::vector<std::string> plain{"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"};
    std::vector<std::string> held = run_on(server.uri(), {"x", "--"});
    held.insert(held.end(), plain.begin(), plain.end());
    CHECK(finish(held, {.in_child = ignored}).out == finish(plain, {.in_child = ignored}).out);
}

TEST_CASE("a program is looked for as a shell looks for it") {
    RedisServer server;
    const TempDir first, second;
    second.write("job", "echo $0: \"$@\"\n", 0755);
    const auto run = [&](const std::string& path, const std::vector<std::string>& words) {
        std::vector<std::string> line = run_on(server.uri(), {"x", "--"});
        line.insert(line.end(), words.begin(), words.end());
        return finish(line, {.environment = {{"PATH", path}}});
    };
    const std::string both = fmt::format("/no/such/folder:/etc/passwd:{}:{}", first.path(), second.path());
    // A file without an interpreter's line is for the shell.
    CHECK(run(both, {"job", "a b", "c"}).out == second.file("job") + ": a b c\n");
    CHECK(run(both, {second.file("job"), "a"}).out == second.file("job") + ": a\n");
    // One that may not be executed hides none behind it, and is the reason where there is none.
    first.write("job", "", 0644);
    first.write("note", "", 0644);
    CHECK(run(both, {"job", "a"}).out == second.file("job") + ": a\n");
    CHECK(run(both, {"note"}).status() == 126);
    CHECK(run(both, {"nothing"}).status() == 127);
    CHECK(run(both, {""}).status() == 64);
    // The first that can be executed counts, in this folder as well where PATH has an empty place.
    first.write("job", "#!/bin/sh\necho first\n", 0755);
    CHECK(run(both, {"job"}).out == "first\n");
    CHECK(run(":/usr/bin:/bin",
              {"env", "-C", second.path(), HOLDFAST_BINARY, "run", "--node", server.uri(), "y", "--", "job", "here"})
              .out == "job: here\n");
}

TEST_CASE("neither we nor the command stay stopped after Ctrl-Z") {
    RedisServer server;
    Process run{run_on(server.uri(), {"x", "-c", "echo started; read line"})};
    run.wait_for_out("started");
    run.signal(SIGTSTP);
    run.wait_for_err("not stopped: a stopped holdfast could not renew the lock");
    const Finished command = finish(run_on(server.uri(), {"y", "-c", "kill -TSTP $$; echo on"}));
    CHECK(command.out == "on\n");
    CHECK(command.err == "holdfast: not stopped: the lock could not be renewed for a stopped command\n");
}

TEST_CASE("no password is left in the command's environment, not even behind another value of the same name") {
    RedisServer server;
    // Without a shell, which would keep only one of two.
    const Finished env =
        finish(run_on(server.uri(), {"x", "env"}), {.environment = {{"HOLDFAST_NODES", "redis://u:geheim@h"}}});
    CHECK(env.status() == 0);
    CHECK(env.out.find("geheim") == std::string::npos);
}

} // namespace holdfast::test::run_test
