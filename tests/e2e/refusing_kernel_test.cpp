// An old kernel, a container's filter of system calls, a system without /proc: what is refused there.
#include "support/can_trace.hpp"
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <sstream>
#include <thread>

namespace holdfast::test::refusing_kernel_test {

using namespace std::chrono_literals;

namespace {

const std::string stubborn = "trap '' TERM; echo $PPID >$WHO; exec sleep 60";

/// The number in a file that a command writes when it has started.
pid_t number_in(const TempDir& dir, const std::string& file) {
    REQUIRE(eventually([&] { return dir.read(file).ends_with('\n'); }));
    return std::stoi(dir.read(file));
}

bool gone(pid_t pid) {
    const std::string stat = finish({"sh", "-c", fmt::format("cat /proc/{}/stat 2>/dev/null", pid)}).out;
    return stat.empty() || stat.find(") Z ") != std::string::npos;
}

size_t lines_with(const std::string& text, const std::string& part) {
    std::istringstream lines{text};
    size_t count = 0;
    for (std::string line; std::getline(lines, line);)
        if (line.find(part) != std::string::npos) ++count;
    return count;
}

/// The same words with nothing mounted at /proc that shows processes.
std::vector<std::string> without_proc(std::vector<std::string> words) {
    words.insert(words.begin(), {"unshare", "-rm", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"});
    return words;
}

bool can_hide_proc() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    MESSAGE("skipped: a sanitizer finds the bounds of the stack in /proc");
    return false;
#else
    const bool can = finish(without_proc({"true"})).status() == 0;
    if (!can) MESSAGE("skipped: nothing may be mounted here");
    return can;
#endif
}

} // namespace

TEST_CASE("where close_range is refused, the guard sees the end of holdfast at once, stops its command, and ends") {
    if (!can_trace()) return;
    for (const char* error : {"ENOSYS", "EPERM"}) {
        CAPTURE(error);
        const RedisServer server;
        const TempDir dir;
        const std::vector<std::string> run =
            run_on(server.uri(), {"--ttl", "60s", "--grace", "200ms", "x", "-c", stubborn});
        Process traced{refused("close_range", error, run, dir.file("trace")),
                       {.environment = {{"WHO", dir.file("pid")}}}};
        ::kill(number_in(dir, "pid"), SIGKILL);
        // With it ends who holds our output: all that we have started.
        traced.wait();
        CHECK(lines_with(dir.read("trace"), "kill(-") <= 5 + 20); // and it looks whether the grace is needed
    }
}

TEST_CASE("where close_range is refused and there is no /proc, the guard does its work all the same") {
    if (!can_trace() || !can_hide_proc()) return;
    const RedisServer server;
    const TempDir dir;
    const std::vector<std::string> run =
        without_proc(run_on(server.uri(), {"--ttl", "60s", "--grace", "200ms", "x", "-c", stubborn}));
    Process traced{refused("close_range", "ENOSYS", run, dir.file("trace")),
                   {.environment = {{"WHO", dir.file("pid")}}}};
    ::kill(number_in(dir, "pid"), SIGKILL);
    traced.wait();
}

TEST_CASE("where close_range is refused, the server of a local node gets none of our descriptors all the same") {
    if (!can_trace()) return;
    const TempDir dir;
    constexpr int ours = 77;
    const std::vector<std::string> run{HOLDFAST_BINARY, "run", "--local-dir", dir.file("nodes"), "--node",
                                       "local:",        "x",   "echo",        "started"};
    Process traced{refused("close_range", "EPERM", run, dir.file("trace")),
                   {.in_child = [] { ::dup2(::open("/dev/null", O_RDONLY), ours); }}};
    traced.wait_for_out("started");
    const auto ask = [&](const std::string& what) {
        return finish({"sh", "-c", fmt::format("redis-cli -s {}/1of1.sock {}", dir.file("nodes"), what)}).out;
    };
    const std::string server = ask("info server | sed -n 's/^process_id:\\([0-9]*\\).*/\\1/p'");
    CHECK(std::filesystem::exists(fmt::format("/proc/{}/fd/0", std::stoi(server))));
    CHECK_FALSE(std::filesystem::exists(fmt::format("/proc/{}/fd/{}", std::stoi(server), ours)));
    ask("shutdown nosave");
    CHECK(traced.wait().status() == 0);
}

TEST_CASE("where processes may not share memory, the command is started all the same") {
    const RedisServer server;
    unsigned error = 0;
    SUBCASE("as an emulator refuses it") { error = EINVAL; }
    SUBCASE("as a filter refuses it") { error = EPERM; }
    const auto shares_no_memory = [error] {
        constexpr uint32_t flags = offsetof(seccomp_data, args); // the lower half comes first
        sock_filter program[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, flags),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CLONE_VM | CLONE_VFORK | CLONE_THREAD),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLONE_VM, 1, 0),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        };
        const sock_fprog all{std::size(program), program};
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) != 0) ::_exit(99);
    };
    // The search for leaks shares memory as well.
    const std::string script = "echo $LISTEN_PID $$ $HOLDFAST_LOCK; exit 3";
    const Finished run =
        finish({"/bin/sh", "-c",
                fmt::format("LISTEN_PID=$$ exec {} run --node {} x -c '{}'", HOLDFAST_BINARY, server.uri(), script)},
               {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}, .in_child = shares_no_memory});
    CHECK(run.status() == 3);
    CHECK(run.err == "");
    const size_t space = run.out.find(' ');
    REQUIRE(space != std::string::npos);
    CHECK(run.out == fmt::format("{0} {0} x\n", run.out.substr(0, space)));
}

TEST_CASE("a guard whose holdfast is stopped signals no group that is gone, and takes no processor time") {
    if (!can_trace()) return;
    const RedisServer server;
    const TempDir dir;
    const std::vector<std::string> run =
        run_on(server.uri(), {"--tree", "--ttl", "1s", "--grace", "0", "x", "-c", "echo $PPID >$WHO; exec sleep 60"});
    Process traced_run{traced(run, dir.file("trace")), {.environment = {{"WHO", dir.file("pid")}}}};
    const pid_t pid = number_in(dir, "pid");
    ::kill(pid, SIGSTOP);
    const auto kills = [&] { return lines_with(dir.read("trace"), ", SIGKILL)"); };
    REQUIRE(eventually([&] { return kills() > 0; }));
    std::this_thread::sleep_for(1s);
    CHECK(kills() <= 3);
    CHECK(lines_with(dir.read("trace"), "getdents64(") <= 40);
    ::kill(pid, SIGCONT);
    CHECK(traced_run.wait().status() == 79);
}

TEST_CASE("what a command has left is waited for without work, also when --max-hold is over") {
    if (!can_trace()) return;
    const RedisServer server;
    const TempDir dir;
    const std::vector<std::string> run = run_on(server.uri(), {"--max-hold", "100ms", "x", "-c", "sleep 2 & exit 0"});
    CHECK(finish(traced(run, dir.file("trace"))).status() == 0);
    CHECK(lines_with(dir.read("trace"), "poll(") <= 60);
}

TEST_CASE("where pidfd_open is refused, --tree stops what left the group all the same") {
    if (!can_trace()) return;
    const RedisServer server;
    const TempDir dir;
    const std::string script = "setsid sh -c 'echo $$ >$WHO; exec sleep 60' & wait";
    const std::vector<std::string> run =
        run_on(server.uri(), {"--tree", "--ttl", "2s", "--grace", "0", "x", "-c", script});
    Process traced{refused("pidfd_open", "ENOSYS", run, dir.file("trace")),
                   {.environment = {{"WHO", dir.file("pid")}}}};
    const pid_t stray = number_in(dir, "pid");
    server.command({"DEL", "holdfast:x"});
    CHECK(traced.wait().status() == 79);
    CHECK(gone(stray));
    ::kill(stray, SIGKILL);
}

TEST_CASE("--tree is refused where /proc does not show processes, and the command is not run") {
    if (!can_hide_proc()) return;
    const RedisServer server;
    const Finished done = finish(without_proc(run_on(server.uri(), {"--tree", "x", "echo", "ran"})));
    CHECK(done.status() == 70);
    CHECK(done.out.empty());
    CHECK(done.err == "holdfast: --tree finds processes in /proc, and it does not show them here; mount it, or leave "
                      "--tree out\n");
    CHECK(finish(without_proc(run_on(server.uri(), {"x", "echo", "ran"}))).out == "ran\n");
}

TEST_CASE("leftovers that /proc does not show are said to be there") {
    if (!can_hide_proc()) return;
    const RedisServer server;
    Process run{without_proc(run_on(server.uri(), {"x", "-c", "sleep 1.5 > /dev/null 2>&1 & exit 5"}))};
    run.wait_for_err("others of its group run on and keep the lock: /proc does not show which (--leftovers leave would "
                     "let go without them)\n");
    CHECK(run.wait().status() == 5);
}

} // namespace holdfast::test::refusing_kernel_test
