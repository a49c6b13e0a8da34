// Runs inside runs: no command outlives the lock of any run around it, and what a run has left behind is inside no
// more.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <sstream>
#include <unistd.h>

namespace holdfast::test::nested_test {

using namespace std::chrono_literals;

namespace {

std::vector<pid_t> children(pid_t parent, const std::string& name) {
    const std::string script = fmt::format("for p in $(cat /proc/{0}/task/{0}/children); do "
                                           "grep -qx {1} /proc/$p/comm && echo $p; done",
                                           parent, name);
    std::istringstream pids{finish({"sh", "-c", script}).out};
    return {std::istream_iterator<pid_t>{pids}, {}};
}

enum class Way {
    plain,
    bare_environment, ///< for the runs inside
    as_nobody,
};

bool can_become_nobody() {
    const bool can = ::geteuid() == 0 && finish({"setpriv", "--reuid", "65534", "true"}).status() == 0;
    if (!can) MESSAGE("skipped: only root can become another user");
    return can;
}

/// Runs inside each other, two or three; the innermost has a command that ignores SIGTERM, the inner ones have time.
class Nested {
  public:
    explicit Nested(size_t levels, std::vector<std::string> outer = {"--ttl", "3s", "--grace", "100ms"},
                    const std::string& on_lost = "stop", Way way = Way::plain)
        : on_lost_{on_lost}, run_{words(levels, std::move(outer), way)} {
        REQUIRE(eventually([&] { return last_beat() > BootTime{}; }));
    }

    Process& outer() { return run_; }
    RedisServer& server() { return server_; }
    /// The holdfast that many levels below the outer one.
    pid_t inner(size_t levels = 1) const {
        pid_t pid = run_.pid();
        for (size_t i = 0; i < levels; ++i) pid = children(pid, "holdfast").at(0);
        return pid;
    }
    BootTime last_beat() const {
        const std::string bytes = dir_.read("child");
        int64_t ns = 0;
        if (bytes.size() == sizeof ns) std::memcpy(&ns, bytes.data(), sizeof ns);
        return BootTime{nanoseconds{ns}};
    }
    bool beats() const {
        const BootTime before = last_beat();
        return eventually([&] { return last_beat() > before; }, 100ms);
    }
    /// When the node forgets the outer lock.
    BootTime expires() { return BootClock::now() + milliseconds{server_.command({"PTTL", "holdfast:outer"}).integer}; }
    /// Waits for the outer lock, and ends with 0 when nothing of the commands before lives that has the kernel lock.
    Process next_holder() const {
        return Process{run_on(server_.uri(), {"-q", "-w", "20s", "outer", "--", HOLDFAST_PROBE, dir_.path(), "once"})};
    }

  private:
    std::vector<std::string> words(size_t levels, std::vector<std::string> outer, Way way) const {
        outer.insert(outer.end(), {"outer", "--"});
        std::vector<std::string> all = run_on(server_.uri(), outer);
        for (size_t i = 1; i < levels; ++i) {
            const std::vector<std::string> inner = run_on(server_.uri(), {"--ttl", "60s", "--grace", "15s", "--on-lost",
                                                                          on_lost_, fmt::format("inner{}", i), "--"});
            if (way == Way::bare_environment) all.insert(all.end(), {"env", "-i"});
            all.insert(all.end(), inner.begin(), inner.end());
        }
        all.insert(all.end(), {HOLDFAST_PROBE, dir_.path(), "stubborn"});
        return way == Way::as_nobody ? as_nobody(std::move(all)) : all;
    }
    std::vector<std::string> as_nobody(std::vector<std::string> words) const {
        REQUIRE(::chmod(dir_.path().c_str(), 0777) == 0);
        // A checkout may be where only root can look.
        for (const auto& [program, name] :
             {std::pair{HOLDFAST_BINARY, "holdfast"}, std::pair{HOLDFAST_PROBE, "probe"}}) {
            REQUIRE(finish({"cp", program, dir_.file(name)}).status() == 0);
            std::ranges::replace(words, std::string{program}, dir_.file(name));
        }
        words.insert(words.begin(), {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"});
        return words;
    }

    std::string on_lost_;
    TempDir dir_;
    RedisServer server_{{}, RedisServer::Listens::loopback};
    Process run_;
};

/// A daemon that a run of `x` leaves behind: when there is a file "go", it runs `x` itself. What that came to is in the
/// file "end".
std::vector<std::string> leaves_daemon(const RedisServer& server, const TempDir& dir, const std::string& then) {
    const std::string later = fmt::format("echo > {0}/up; until test -e {0}/go; do sleep 0.02; done; "
                                          "{1} run -n --node {2} x -- echo inside > {0}/out 2>&1; "
                                          "echo $? >> {0}/out; mv {0}/out {0}/end",
                                          dir.path(), HOLDFAST_BINARY, server.uri());
    return run_on(server.uri(),
                  {"--ttl", "60s", "x", "-c", fmt::format("setsid sh -c '{}' > /dev/null 2>&1 & {}", later, then)});
}

} // namespace

TEST_CASE("when an inner holdfast is killed its command is gone at once, without a grace") {
    Way way = Way::plain;
    SUBCASE("in its environment") {}
    SUBCASE("in an environment that does not tell of a run around it") { way = Way::bare_environment; }
    // The best of three, because the machine may stall; a grace would be fifteen seconds.
    nanoseconds best = patience;
    for (int i = 0; i < 3; ++i) {
        Nested nested{2, {"--ttl", "3s", "--grace", "100ms"}, "stop", way};
        const pid_t inner = nested.inner();
        const BootTime killed = BootClock::now();
        ::kill(inner, SIGKILL);
        Process next = nested.next_holder();
        CHECK(nested.outer().wait().status() == 137);
        CHECK(next.wait().status() == 0);
        best = std::min<nanoseconds>(best, nested.last_beat() - killed);
    }
    CHECK(best < 100ms);
}

TEST_CASE("a run continues the stopped guard of an inner run whose holdfast was killed") {
    Nested nested{2};
    const pid_t inner = nested.inner();
    const pid_t guard = children(inner, "holdfast-guard").at(0);
    ::kill(inner, SIGSTOP); // or it would have another guard at once
    ::kill(guard, SIGSTOP);
    ::kill(inner, SIGKILL);
    CHECK(nested.outer().wait().status() == 137);
    CHECK(nested.next_holder().wait().status() == 0);
}

TEST_CASE("when a run is stopped, killed or cut off, no command inside it outlives its lease, however deep") {
    for (const size_t levels : {2U, 3U})
        for (const std::string fault : {"stop", "kill", "hang", "stop all"}) {
            CAPTURE(levels);
            CAPTURE(fault);
            Nested nested{levels};
            if (fault == "stop all") ::kill(nested.inner(), SIGSTOP);
            if (fault.starts_with("stop")) nested.outer().signal(SIGSTOP);
            if (fault == "kill") nested.outer().signal(SIGKILL);
            // A node that hangs tells nothing, and what it granted last was asked before it did.
            const BootTime expires = fault == "hang" ? BootClock::now() + 2968ms : nested.expires();
            if (fault == "hang") nested.server().pause();
            REQUIRE(eventually([&] { return BootClock::now() > expires; }));
            CHECK(nested.last_beat() < expires);
            CHECK_FALSE(nested.beats());
            nested.server().resume();
            nested.outer().signal(SIGCONT);
            CHECK(nested.outer().wait().status() == (fault == "kill" ? 137 : 79));
            CHECK(nested.next_holder().wait().status() == 0);
        }
}

TEST_CASE("the innermost guard alone stops its command when the lease of an outer run ends, however deep") {
    Way way = Way::plain;
    SUBCASE("of root's, or of whom the tests run as") {}
    SUBCASE("of a user who is not root") {
        if (!can_become_nobody()) return;
        way = Way::as_nobody;
    }
    SUBCASE("whose environment does not tell of a run around it") { way = Way::bare_environment; }
    for (const auto& [levels, on_lost] : {std::pair{2U, "stop"}, {3U, "stop"}, {3U, "ignore"}}) {
        CAPTURE(levels);
        CAPTURE(on_lost);
        Nested nested{levels, {"--ttl", "3s", "--grace", "100ms"}, on_lost, way};
        std::vector<pid_t> stopped;
        for (size_t level = 0; level < levels; ++level) {
            const pid_t holdfast = nested.inner(level);
            stopped.push_back(holdfast);
            // While its holdfast runs, a guard that is stopped would be replaced.
            if (level + 1 < levels) stopped.push_back(children(holdfast, "holdfast-guard").at(0));
        }
        for (const pid_t pid : stopped) ::kill(pid, SIGSTOP);
        const BootTime expires = nested.expires();
        REQUIRE(eventually([&] { return BootClock::now() > expires; }));
        CHECK(nested.last_beat() < expires);
        CHECK_FALSE(nested.beats());
        for (const pid_t pid : stopped) ::kill(pid, SIGCONT);
        CHECK(nested.outer().wait().status() == 79);
    }
}

TEST_CASE("a run says that the lease of the run around it has ended its command") {
    Nested nested{2};
    const pid_t outer_guard = children(nested.outer().pid(), "holdfast-guard").at(0);
    nested.outer().signal(SIGSTOP);
    ::kill(outer_guard, SIGSTOP);
    nested.outer().wait_for_err("holdfast: the lease of the holdfast around this one is over; the command was stopped "
                                "with it\n");
    ::kill(outer_guard, SIGCONT);
    nested.outer().signal(SIGCONT);
    CHECK(nested.outer().wait().status() == 79);
}

TEST_CASE("a run that is stopped by the lease of the run around it keeps its own lock for --min-hold") {
    RedisServer server;
    std::vector<std::string> words = run_on(server.uri(), {"--ttl", "3s", "--grace", "100ms", "outer", "--"});
    for (std::string& word :
         run_on(server.uri(), {"--ttl", "60s", "--min-hold", "30s", "inner", "-c", "echo started; exec sleep 60"}))
        words.push_back(std::move(word));
    Process outer{words};
    outer.wait_for_out("started");
    const pid_t outer_guard = children(outer.pid(), "holdfast-guard").at(0);
    outer.signal(SIGSTOP);
    ::kill(outer_guard, SIGSTOP);
    outer.wait_for_err("is over; the command was stopped with it\n");
    CHECK(eventually([&] { return has(server.text({"GET", "holdfast:inner"}), "\"ended\":"); }));
    CHECK(server.command({"PTTL", "holdfast:inner"}).integer > 10'000);
    ::kill(outer_guard, SIGCONT);
    outer.signal(SIGCONT);
    CHECK(outer.wait().status() == 79);
}

TEST_CASE("a run of low priority is not stopped by the lease of a healthy run around it") {
    RedisServer server;
    std::vector<std::string> words =
        run_on(server.uri(), {"--ttl", "1s", "--node-timeout", "100ms", "x", "nice", "-n", "19"});
    for (std::string& word : run_on(server.uri(), {"--ttl", "60s", "y", "sleep", "2"}))
        words.push_back(std::move(word));
    const Finished done = finish(words);
    CHECK(done.status() == 0);
    CHECK_FALSE(has(done.err, "is over"));
}

TEST_CASE("a run is held under any limit on the size of files") {
#if defined(__SANITIZE_THREAD__)
    MESSAGE("skipped: this sanitizer writes a file itself");
#else
    RedisServer server;
    std::vector<std::string> words = run_on(server.uri(), {"x", "true"});
    words.insert(words.begin(), {"prlimit", "--fsize=0"});
    CHECK(finish(words).status() == 0);
#endif
}

TEST_CASE("runs inside runs leave most of the kernel's shared segments to programs that cannot do without") {
    const std::vector<std::string> few{
        "unshare", "-i", "sh", "-c", "echo 16 > /proc/sys/kernel/shmmni && ipcmk -M 9 && exec \"$@\"", "sh"};
    const auto with_few = [&few](std::vector<std::string> words) {
        words.insert(words.begin(), few.begin(), few.end());
        return words;
    };
    if (finish(with_few({"true"})).status() != 0) {
        MESSAGE("skipped: only root can lower the kernel's limit");
        return;
    }
    RedisServer server;
    const std::string count = "tail -n +2 /proc/sysvipc/shm | wc -l";
    const std::vector<std::string> inner = run_on(server.uri(), {"y", "-c", count + "; exit 3"});
    std::vector<std::string> words = run_on(server.uri(), {"x", "--", "sh", "-c", "\"$@\"; echo $?; " + count, "sh"});
    words.insert(words.end(), inner.begin(), inner.end());
    // One of another program, one of the outer run.
    const Finished done = finish(with_few(words));
    CHECK(done.status() == 0);
    CHECK(done.out.ends_with("\n2\n3\n2\n"));
}

TEST_CASE("a run removes the shared memory that a holdfast has left which was killed before that could end by itself") {
    // What it is known by is base/shared.hpp's.
    constexpr size_t ours = 3931;
    const auto left_behind = [](size_t size, key_t key = IPC_PRIVATE, int mode = 0644) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const pid_t maker = ::fork();
        if (maker == 0) {
            const int segment = ::shmget(key, size, IPC_CREAT | mode);
            [[maybe_unused]] const auto ignored = ::write(ends[1], &segment, sizeof segment);
            ::_exit(0);
        }
        ::waitpid(maker, nullptr, 0);
        int segment = -1;
        REQUIRE(::read(ends[0], &segment, sizeof segment) == sizeof segment);
        for (const int end : ends) ::close(end);
        return segment;
    };
    const int abandoned = left_behind(ours);
    const std::array of_others{left_behind(ours - 1), left_behind(ours, IPC_PRIVATE, 0600),
                               left_behind(ours, 0x686f0000 + (::getpid() & 0xffff))};
    const int being_made = ::shmget(IPC_PRIVATE, ours, 0644); // by a process that lives
    RedisServer server;
    CHECK(finish(run_on(server.uri(), {"x", "true"})).status() == 0);
    CHECK(::shmctl(abandoned, IPC_RMID, nullptr) != 0);
    for (const int other : of_others) CHECK(::shmctl(other, IPC_RMID, nullptr) == 0);
    CHECK(::shmctl(being_made, IPC_RMID, nullptr) == 0);
}

TEST_CASE("a run ends in a PID namespace whose processes its /proc does not show") {
    if (finish({"unshare", "-Upf", "--map-root-user", "true"}).status() != 0) {
        MESSAGE("skipped: this system lets us make no PID namespace");
        return;
    }
    RedisServer server;
    std::vector<std::string> words = run_on(server.uri(), {"x", "sleep", "0.3"});
    words.insert(words.begin(), {"unshare", "-Upf", "--map-root-user"});
    CHECK(finish(words).status() == 0);
}

TEST_CASE("a daemon that a killed run leaves behind keeps a lock of its own beyond the lease of that run") {
    RedisServer server;
    TempDir dir;
    const std::string script =
        fmt::format("setsid {} run --node {} y -- sh -c 'echo > {}/up; sleep 4; echo > {}/end' > /dev/null 2>&1 & wait",
                    HOLDFAST_BINARY, server.uri(), dir.path(), dir.path());
    Process run{run_on(server.uri(), {"--ttl", "2s", "x", "-c", script})};
    REQUIRE(eventually([&] { return !dir.read("up").empty(); }));
    run.signal(SIGKILL);
    run.wait();
    CHECK(eventually([&] { return !dir.read("end").empty(); }));
}

TEST_CASE("a run that goes on when its own lock is lost ends with the run around it all the same") {
    Nested nested{2, {"--ttl", "2s", "--grace", "100ms"}, "ignore"};
    nested.outer().signal(SIGSTOP);
    const BootTime expires = nested.expires();
    REQUIRE(eventually([&] { return BootClock::now() > expires; }));
    CHECK(nested.last_beat() < expires);
    nested.outer().signal(SIGCONT);
    CHECK(nested.outer().wait().status() == 79);
}

TEST_CASE("a lock is released only when no command of a run inside lives any more") {
    for (const size_t levels : {2U, 3U}) {
        CAPTURE(levels);
        Nested nested{levels, {"--ttl", "60s", "--grace", "0", "--max-hold", "700ms"}};
        Process next = nested.next_holder();
        CHECK(nested.outer().wait().status() == 124);
        CHECK(next.wait().status() == 0);
    }
}

TEST_CASE("what a run has left behind can lock the same again when the run is over") {
    RedisServer server;
    TempDir dir;
    CHECK(finish(leaves_daemon(server, dir, "exit 0")).status() == 0);
    dir.write("go", "");
    CHECK(eventually([&] { return !dir.read("end").empty(); }));
    CHECK(dir.read("end") == "inside\n0\n");
}

TEST_CASE("what has left the command's group inside a run cannot lock the same while the run lasts") {
    RedisServer server;
    TempDir dir;
    Process run{leaves_daemon(server, dir, "read line")};
    dir.write("go", "");
    CHECK(eventually([&] { return !dir.read("end").empty(); }));
    CHECK(dir.read("end") == fmt::format("holdfast: x is held by a run around this one (pid {}), which waits for this "
                                         "one to end; leave the inner holdfast out\n64\n",
                                         run.pid()));
    run.say("\n");
    CHECK(run.wait().status() == 0);
}

TEST_CASE("a lock that a run around has lost may be asked for inside") {
    RedisServer server;
    TempDir dir;
    Process run{leaves_daemon(server, dir, "read line")};
    // Before it has left the group it would be stopped with it.
    REQUIRE(eventually([&] { return !dir.read("up").empty(); }));
    server.command({"SET", "holdfast:x", "another", "PX", "60000"});
    dir.write("go", "");
    CHECK(eventually([&] { return !dir.read("end").empty(); }));
    CHECK(dir.read("end").ends_with("\n75\n"));
    // Unless it has found out by itself.
    run.signal(SIGTERM);
    run.wait();
}

} // namespace holdfast::test::nested_test
