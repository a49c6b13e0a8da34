// What we ask of the kernel, as strace(1) sees it.
#include "support/can_trace.hpp"
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace holdfast::test::system_calls_test {

using namespace std::chrono_literals;

namespace {

using Calls = std::vector<std::string>;

/// The names of a thread's calls in order, from lines like "4711 poll([{fd=8, ...".
Calls calls_of(const std::string& thread, const std::string& trace) {
    Calls calls;
    std::istringstream lines{trace};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string who;
        std::string call;
        words >> who >> call;
        const size_t open = call.find('(');
        if (who == thread && open != std::string::npos && std::islower(call.front()) != 0)
            calls.push_back(call.substr(0, open));
    }
    return calls;
}

/// Without what makes and ends the thread.
Calls between_first_and_last_poll(const Calls& calls) {
    const auto first = std::ranges::find(calls, "poll");
    const auto last = std::find(calls.rbegin(), calls.rend(), "poll").base();
    return first < last ? Calls{first, last} : Calls{};
}

/// Of a process with two.
std::string other_thread(const std::string& pid) {
    for (const auto& entry : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", pid)})
        if (entry.path().filename() != pid) return entry.path().filename();
    return "";
}

/// It was asked for the lock once, and then that many times to renew it.
bool renewed(const RedisServer& server, int times) {
    return eventually([&] {
        const std::string counter = "cmdstat_eval:calls=";
        const std::string all = server.text({"INFO", "commandstats"});
        const size_t at = all.find(counter);
        return at != std::string::npos && std::stoi(all.substr(at + counter.size())) > times;
    });
}

} // namespace

TEST_CASE("who is held up between the win and the go, and robbed meanwhile, does not start the command") {
    if (!can_trace()) return;
    const RedisServer server;
    const TempDir dir;
    Process run{held_up(4s, run_on(server.uri(), {"--status-fd", "1", "x", "-c", "echo > " + dir.file("ran")}),
                        dir.file("trace"))};
    REQUIRE(eventually([&] { return server.text({"EXISTS", "holdfast:x"}) == "1"; }));
    REQUIRE(finish(holdfast::test::holdfast({"force-release", "--yes", "--node", server.uri(), "x"})).status() == 0);
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(has(done.out, R"("result":"lost","status":79)"));
    CHECK(done.err.find("holdfast: the command was not started, and the lock is gone: ") != std::string::npos);
    CHECK(done.err.find(" has taken it away (force-release)\n") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(dir.file("ran")));
}

TEST_CASE(
    "who is held up before the go, and has exactly a quorum of which a node forgets, does not start the command") {
    if (!can_trace()) return;
    RedisServers servers{3};
    servers[2].kill();
    const TempDir dir;
    const std::string nodes = servers.uris();
    Process run{held_up(2s, run_on(nodes, {"x", "-c", "echo > " + dir.file("ran")}), dir.file("trace"))};
    for (const size_t i : {0U, 1U})
        REQUIRE(eventually([&] { return servers[i].text({"EXISTS", "holdfast:x"}) == "1"; }));
    servers[1].command({"DEL", "holdfast:x"});
    const Finished done = run.wait();
    CHECK(done.status() == 79);
    CHECK(done.err.find("holdfast: the command was not started, and the lock is gone: ") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(dir.file("ran")));
    CHECK(servers[0].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("who is held up before the go waits for no node that hangs when it asks again") {
    if (!can_trace()) return;
    RedisServers servers{3};
    const TempDir dir;
    const std::string nodes = servers.uris();
    servers[1].pause();
    const BootTime start = BootClock::now();
    const std::vector<std::string> run = run_on(nodes, {"--ttl", "5m", "--node-timeout", "20s", "x", "true"});
    CHECK(finish(held_up(100ms, run, dir.file("trace"))).status() == 0);
    CHECK(BootClock::now() - start < 10s);
    servers[1].resume();
}

TEST_CASE("while a lock is held the renewal thread makes calls for sockets, timers and clocks, and no others") {
    if (!can_trace()) return;
    const RedisServer other{{}, RedisServer::Listens::loopback};
    const RedisServer tcp{{}, RedisServer::Listens::loopback};
    const RedisServer local;
    const TempDir dir;
    const std::string nodes = fmt::format("{},{},{}", local.uri(), tcp.uri(), other.uri());
    const std::string script = "printf $PPID >$WHO; echo started; read line";
    Process run{traced(run_on(nodes, {"--ttl", "4s", "--grace", "100ms", "--node-timeout", "1s", "x", "-c", script}),
                       dir.file("trace")),
                {.environment = {{"WHO", dir.file("pid")}}}};
    run.wait_for_out("started");
    REQUIRE(renewed(tcp, 2));
    // And what it takes to connect anew.
    tcp.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    REQUIRE(renewed(tcp, 3));
    const std::string thread = other_thread(dir.read("pid"));
    run.say("\n");
    CHECK(run.wait().status() == 0);

    const Calls calls = between_first_and_last_poll(calls_of(thread, dir.read("trace")));
    CHECK(std::ranges::count(calls, "connect") >= 1);
    const std::set<std::string> expected{"poll",       "timerfd_settime", "clock_gettime",  "sendto",
                                         "recvfrom",   "socket",          "setsockopt",     "connect",
                                         "getsockopt", "close",           "restart_syscall"};
    // Then the thread reads the event that ends the renewal, and releases the lock.
    const auto end_of_renewal = std::ranges::find(calls, "read");
    REQUIRE(end_of_renewal != calls.end());
    CHECK(std::count(calls.begin(), end_of_renewal, "sendto") >= 3 * 2);
    for (const std::string& call : std::ranges::subrange{calls.begin(), end_of_renewal}) {
        CAPTURE(call);
        CHECK(expected.contains(call));
    }
}

TEST_CASE("sockets are close-on-exec and without delay, notice a dead peer, and writing to them raises no SIGPIPE") {
    if (!can_trace()) return;
    const RedisServer server{{}, RedisServer::Listens::loopback};
    const TempDir dir;
    REQUIRE(finish(traced(run_on(server.uri(), {"x", "true"}), dir.file("trace"))).status() == 0);
    std::istringstream lines{dir.read("trace")};
    const auto has = [](const std::string& line, const char* part) { return line.find(part) != std::string::npos; };
    size_t sockets = 0;
    size_t undelayed = 0;
    size_t pushed = 0;
    size_t watched = 0;
    size_t sent = 0;
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK_FALSE(has(line, "rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN"));
        if (has(line, "sendto(")) {
            ++sent;
            CHECK(has(line, "MSG_NOSIGNAL"));
        }
        if (has(line, "socket(AF_INET, SOCK_STREAM")) {
            ++sockets;
            CHECK(has(line, "SOCK_CLOEXEC"));
        }
        // Once it is connected, the option only sends the notes of the win and of the end.
        if (has(line, "TCP_NODELAY,")) ++(sent > 0 ? pushed : undelayed);
        if (has(line, "SO_KEEPALIVE,")) ++watched;
    }
    CHECK(sent > 0);
    CHECK(sockets == 1);
    CHECK(undelayed == 1);
    CHECK(pushed == 2);
    CHECK(watched == 1);
}

namespace {

const std::string ignores_term = "trap '' TERM; echo $PPID >$WHO; exec sleep 60";

/// What each process does to the command, in order: SIGT(E)RM, SIG(C)ONT, (S)IGSTOP and SIG(K)ILL to its group, and
/// (l)ooks at all processes, several in a row as one.
std::map<std::string, std::string> acts(const std::string& trace) {
    const std::map<std::string, char> signals{{"SIGTERM", 'T'}, {"SIGCONT", 'C'}, {"SIGSTOP", 'S'}, {"SIGKILL", 'K'}};
    std::map<std::string, std::string> all;
    std::istringstream lines{trace};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string who;
        std::string call;
        std::string signal;
        words >> who >> call >> signal;
        std::string& acts = all[who];
        const auto known = call.starts_with("kill(-") ? signals.find(signal.substr(0, 7)) : signals.end();
        if (known != signals.end()) acts += known->second;
        if (call.starts_with("getdents64(") && !acts.ends_with('l')) acts += 'l';
    }
    std::erase_if(all, [](const auto& process) { return process.second.find('T') == std::string::npos; });
    return all;
}

} // namespace

TEST_CASE("a guard that is alone does no work until the kill is due, so that a busy machine does not delay it") {
    if (!can_trace()) return;
    const RedisServer server;
    for (const bool tree : {false, true}) {
        CAPTURE(tree);
        const TempDir dir;
        std::vector<std::string> words{"--ttl", "3s", "--grace", "500ms", "x", "-c", ignores_term};
        if (tree) words.insert(words.begin(), "--tree");
        Process run{traced(run_on(server.uri(), words), dir.file("trace")),
                    {.environment = {{"WHO", dir.file("pid")}}}};
        REQUIRE(eventually([&] { return dir.read("pid").ends_with('\n'); }));
        ::kill(std::stoi(dir.read("pid")), SIGKILL);
        run.wait();
        const auto by_guard = acts(dir.read("trace"));
        REQUIRE(by_guard.size() == 1);
        // Strays are found as long as their parents live, and those who are stopped do.
        const std::string expected = tree ? "lTlCSlK" : "TCK";
        CHECK(by_guard.begin()->second.substr(0, expected.size()) == expected);
    }
}

TEST_CASE("with --tree the command of a holdfast that is killed lives until its guard has found what left the group") {
    if (!can_trace()) return;
    const RedisServer server;
    const TempDir dir;
    const std::string script = "setsid sh -c 'echo $$ >$STRAY; exec sleep 60' & echo $PPID >$WHO; wait";
    std::vector<std::string> words = traced(run_on(server.uri(), {"--tree", "x", "-c", script}), dir.file("trace"));
    words.insert(words.begin() + 1, {"-e", "trace=getdents64", "-e", "inject=getdents64:delay_enter=300000:when=1"});
    Process run{words, {.environment = {{"WHO", dir.file("pid")}, {"STRAY", dir.file("stray")}}}};
    const auto number_in = [&](const char* file) {
        REQUIRE(eventually([&] { return dir.read(file).ends_with('\n'); }));
        return std::stoi(dir.read(file));
    };
    const pid_t stray = number_in("stray");
    ::kill(number_in("pid"), SIGKILL);
    const auto gone = [&] {
        const std::string stat = finish({"cat", fmt::format("/proc/{}/stat", stray)}).out;
        return stat.empty() || has(stat, ") Z ");
    };
    const bool ended = eventually(gone, 5s);
    CHECK(ended);
    if (!ended) ::kill(stray, SIGKILL);
    // With it ends who holds our output: all that we have started.
    run.wait();
}

TEST_CASE("with --tree the command's group does not wait until what left it is found") {
    if (!can_trace()) return;
    for (const bool by_guard : {false, true}) {
        CAPTURE(by_guard);
        const RedisServer server;
        const TempDir dir;
        Process run{traced(run_on(server.uri(), {"--tree", "--ttl", "2s", "--grace", "300ms", "x", "-c", ignores_term}),
                           dir.file("trace")),
                    {.environment = {{"WHO", dir.file("pid")}}}};
        REQUIRE(eventually([&] { return dir.read("pid").ends_with('\n'); }));
        const std::string holdfast = dir.read("pid").substr(0, dir.read("pid").find('\n'));
        if (by_guard) ::kill(std::stoi(holdfast), SIGSTOP);
        else server.command({"DEL", "holdfast:x"});
        const auto first = [&] {
            auto all = acts(dir.read("trace"));
            if (by_guard) all.erase(holdfast);
            return all.empty() ? "" : all.begin()->second;
        };
        CHECK(eventually([&] { return first().starts_with("TlClKl"); }));
        ::kill(std::stoi(holdfast), SIGCONT);
        CHECK(run.wait().status() == 79);
    }
}

} // namespace holdfast::test::system_calls_test
