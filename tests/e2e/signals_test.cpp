// What each signal to holdfast does in each state of a run: the table of the manual's SIGNALS.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

namespace holdfast::test::signals_test {

namespace {

enum class Effect { nothing, withdraws, stops, sent_on, refused, killed };

struct Row {
    std::vector<int> signals;
    Effect waiting;
    Effect running; ///< also while the command is being stopped
    Effect releasing;
};

const std::vector<Row> table{
    {{SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGIO, SIGPROF, SIGPWR, SIGSTKFLT,
      SIGVTALRM, SIGXCPU, SIGXFSZ},
     Effect::withdraws,
     Effect::sent_on,
     Effect::nothing},
    {{SIGCONT, SIGURG, SIGWINCH}, Effect::nothing, Effect::sent_on, Effect::nothing},
    {{SIGCHLD}, Effect::nothing, Effect::nothing, Effect::nothing},
    {{SIGTSTP, SIGTTIN, SIGTTOU}, Effect::stops, Effect::refused, Effect::nothing},
    {{SIGSTOP}, Effect::stops, Effect::stops, Effect::stops},
    {{SIGKILL, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP},
     Effect::killed,
     Effect::killed,
     Effect::killed},
};

/// A run of a lock of its own, which gets one signal.
class SignalledRun {
  public:
    SignalledRun(const RedisServer& server, int signal, Effect effect, std::vector<std::string> options)
        : signal_{signal}, effect_{effect}, run_{words(server, signal, std::move(options)), as_users_have_it()} {}

    int number() const { return signal_; }
    Effect effect() const { return effect_; }
    Process& process() { return run_; }
    std::string key() const { return fmt::format("holdfast:x{}", signal_); }

    /// Sends the signal; whoever is stopped by it is seen stopped and continued.
    void signal() {
        run_.signal(signal_);
        if (effect_ != Effect::stops) return;
        CHECK(eventually([&] { return finish({"grep", "-q", "^State:.T", proc("status")}).status() == 0; }));
        run_.signal(SIGCONT);
    }
    /// Whether its command and its guard have ended, so that only the release is left.
    bool only_releases() const {
        std::ifstream children{proc(fmt::format("task/{}/children", run_.pid()))};
        const auto has_ended = [](int child) {
            std::ifstream stat{fmt::format("/proc/{}/stat", child)};
            std::string number, name, state;
            stat >> number >> name >> state;
            return state == "Z";
        };
        return std::all_of(std::istream_iterator<int>{children}, {}, has_ended);
    }

  private:
    static std::vector<std::string> words(const RedisServer& server, int signal, std::vector<std::string> options) {
        options.insert(options.begin(), {"--ttl", "60s", "--node-timeout", "9s"});
        options.insert(options.end(), {fmt::format("x{}", signal), "--", HOLDFAST_LISTENER});
        return run_on(server.uri(), options);
    }
    static ProcessOptions as_users_have_it() {
        const std::string no_handlers =
            "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:handle_sigtrap=0";
        const rlimit no_core{0, 0};
        return {.environment = {{"ASAN_OPTIONS", no_handlers}, {"TSAN_OPTIONS", no_handlers}},
                .in_child = [no_core] { ::setrlimit(RLIMIT_CORE, &no_core); }};
    }
    std::string proc(const std::string& file) const { return fmt::format("/proc/{}/{}", run_.pid(), file); }

    int signal_;
    Effect effect_;
    Process run_;
};

/// One run for each signal, all at the same time.
std::vector<SignalledRun> one_each(const RedisServer& server, Effect Row::*state,
                                   const std::vector<std::string>& options) {
    std::vector<SignalledRun> runs;
    for (const Row& row : table)
        for (const int signal : row.signals) runs.emplace_back(server, signal, row.*state, options);
    return runs;
}

/// Greater than the numbers of the table, so that it is received after any of them.
const int last = SIGRTMIN;

/// Checks what the command got, and ends it.
void check_command(SignalledRun& run, const std::string& before, int status) {
    run.process().signal(last);
    run.process().wait_for_out(fmt::format("got {}\n", last));
    run.process().say("\n");
    const Finished done = run.process().wait();
    std::string got = before;
    // The signal that lets a stopped run go on reaches the command, too.
    if (run.effect() == Effect::stops) got += fmt::format("got {}\n", SIGCONT);
    if (run.effect() == Effect::sent_on) got += fmt::format("got {}\n", run.number());
    CHECK(done.out == got + fmt::format("got {}\n", last));
    CHECK(done.status() == status);
    const bool refused = done.err.find("not stopped: ") != std::string::npos;
    CHECK(refused == (run.number() == SIGTSTP));
}

} // namespace

TEST_CASE("the table of signals has them all") {
    std::vector<int> all;
    for (const Row& row : table) all.insert(all.end(), row.signals.begin(), row.signals.end());
    std::ranges::sort(all);
    REQUIRE(all.size() == 31);
    for (int i = 0; i < 31; ++i) CHECK(all[static_cast<size_t>(i)] == i + 1);
}

TEST_CASE("each signal while holdfast waits for the lock does what the manual says") {
    RedisServer server;
    for (int signal = 1; signal < 32; ++signal)
        server.command({"SET", fmt::format("holdfast:x{}", signal), "other", "PX", "600000"});
    std::vector<SignalledRun> runs = one_each(server, &Row::waiting, {});
    for (SignalledRun& run : runs) {
        CAPTURE(run.number());
        run.process().wait_for_err("waiting");
        run.signal();
        // Whoever goes on ends of this one.
        run.process().signal(last);
        const bool ends = run.effect() == Effect::withdraws || run.effect() == Effect::killed;
        const Finished done = run.process().wait();
        CHECK(done.signal() == (ends ? run.number() : last));
        CHECK(done.out.empty());
        CHECK(server.text({"GET", run.key()}) == "other");
    }
}

TEST_CASE("each signal while the command runs does what the manual says") {
    RedisServer server;
    std::vector<SignalledRun> runs = one_each(server, &Row::running, {"--grace", "500ms"});
    for (SignalledRun& run : runs) {
        run.process().wait_for_out("ready");
        run.signal();
    }
    for (SignalledRun& run : runs) {
        CAPTURE(run.number());
        if (run.effect() != Effect::killed) check_command(run, "ready\n", 3);
        else CHECK(run.process().wait().signal() == run.number()); // the end of the output is that of the command
        CHECK(server.text({"EXISTS", run.key()}) == (run.effect() == Effect::killed ? "1" : "0"));
    }
}

TEST_CASE("each signal while the command is being stopped does what the manual says") {
    RedisServer server;
    std::vector<SignalledRun> runs = one_each(server, &Row::running, {"--grace", "15s", "--max-hold", "2s"});
    const std::string told = fmt::format("ready\ngot {}\ngot {}\n", SIGTERM, SIGCONT);
    for (SignalledRun& run : runs) {
        CAPTURE(run.number());
        run.process().wait_for_out(told);
        run.signal();
        if (run.effect() == Effect::killed) {
            CHECK(eventually([&] { return !run.process().running(); }));
            run.process().say("\n"); // the guard leaves the command its grace
            CHECK(run.process().wait().signal() == run.number());
        } else check_command(run, told, 124);
        CHECK(server.text({"EXISTS", run.key()}) == (run.effect() == Effect::killed ? "1" : "0"));
    }
}

TEST_CASE("each signal while the lock is released does what the manual says") {
    RedisServer server;
    std::vector<SignalledRun> runs = one_each(server, &Row::releasing, {"--history", "off"});
    for (SignalledRun& run : runs) run.process().wait_for_out("ready");
    // Each has its thread when it has renewed, which is two commands.
    REQUIRE(eventually([&] {
        const std::string counter = "cmdstat_pexpire:calls=";
        const std::string all = server.text({"INFO", "commandstats"});
        const size_t at = all.find(counter);
        return at != std::string::npos && std::stoul(all.substr(at + counter.size())) >= 2 * runs.size();
    }));
    server.pause();
    for (SignalledRun& run : runs) run.process().say("\n");
    for (SignalledRun& run : runs) {
        // The node does not answer the release.
        REQUIRE(eventually([&] { return run.only_releases(); }));
        run.signal();
    }
    server.resume();
    for (SignalledRun& run : runs) {
        CAPTURE(run.number());
        const Finished done = run.process().wait();
        if (run.effect() == Effect::killed) CHECK(done.signal() == run.number());
        else {
            CHECK(done.status() == 3);
            CHECK(done.err.empty());
            CHECK(server.text({"EXISTS", run.key()}) == "0");
        }
    }
}

TEST_CASE("a signal that is not caught by the command ends it and us alike, and the lock is free") {
    RedisServer server;
    for (const int signal : table.front().signals) {
        CAPTURE(signal);
        Process run{run_on(server.uri(), {"x", "-c", "echo started; exec sleep 60"})};
        run.wait_for_out("started");
        run.signal(signal);
        CHECK(run.wait().signal() == signal);
        CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("a signal that was ignored when holdfast started is nobody's, whether it waits or the command runs") {
    RedisServer server;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    const std::vector<int>& signals = table.front().signals;
    const auto ignore = [&] {
        for (const int signal : signals) std::signal(signal, SIG_IGN);
    };
    Process run{run_on(server.uri(), {"x", "--", HOLDFAST_LISTENER}), {.in_child = ignore}};
    run.wait_for_err("waiting");
    for (const int signal : signals) run.signal(signal);
    server.command({"DEL", "holdfast:x"});
    run.wait_for_out("ready");
    for (const int signal : signals) run.signal(signal);
    run.signal(last);
    run.wait_for_out(fmt::format("got {}\n", last));
    run.say("\n");
    const Finished done = run.wait();
    CHECK(done.out == fmt::format("ready\ngot {}\n", last));
    CHECK(done.status() == 3);
}

} // namespace holdfast::test::signals_test
