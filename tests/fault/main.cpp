// The mixed fault run: the command never outlives its lock, whatever happens to holdfast, its guard, its command, its
// nodes, its key and all that is said between them. Each repetition draws a fault, the number of nodes and a kind of
// command from its seed and runs in a process of its own; --runs 1 --seed SEED repeats it.
//
//   fault_run [--runs N | --minutes N | --failovers N] [--seed SEED] [--jobs JOBS] [--fault NAME] [--nodes N]
//             [--leave-out RULE]
//
// --failovers runs N of each kind of failover and tells how long its steps take.
//
// Ends with 1 when a promise was broken. With a rule left out (base/canary.hpp) it is the other way round: ends with 1
// when no run has noticed, each with the fault that the rule is there for, or one breaks a promise with the rule kept
// as well.
#include "base/canary.hpp"
#include "base/fd.hpp"
#include "fault/repetition.hpp"
#include "fault/summary.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <random>
#include <stdexcept>
#include <string_view>

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// What shows that a rule is left out.
struct Canary {
    Rule rule;
    Fault fault;
};
constexpr std::array<Canary, 10> canaries{{{Rule::guard, Fault::supervisor_killed},
                                           {Rule::group_kill, Fault::half_open},
                                           {Rule::reap_before_release, Fault::guard_killed},
                                           {Rule::close_on_timeout, Fault::late_replies},
                                           {Rule::send_time, Fault::slow_then_silent},
                                           {Rule::restart_guard, Fault::restarted_in_turn},
                                           {Rule::configured_quorum, Fault::majority_cut_off},
                                           {Rule::missing_lease, Fault::robbed_before_go},
                                           {Rule::impossible_quorum, Fault::quorum_forgets},
                                           {Rule::confirmed_grant, Fault::failover_contention}}};

struct Options {
    uint64_t runs = 200;
    std::optional<std::chrono::minutes> minutes;
    uint64_t seed = std::random_device{}() % 1'000'000;
    size_t jobs = 2;
    std::vector<Fault> kinds; ///< in turn; empty: drawn
    std::optional<size_t> nodes;
    std::string left_out;

    void leave_out(const std::string& rule) {
        const auto canary = std::ranges::find_if(
            canaries, [&](const Canary& one) { return rule_names.at(static_cast<size_t>(one.rule)) == rule; });
        if (canary == canaries.end()) throw std::invalid_argument{"no such rule, or nothing here would show it"};
        left_out = rule;
        kinds = {canary->fault};
    }

    /// So many of each kind.
    void take_failovers(uint64_t each) {
        for (size_t i = 0; i < faults.size(); ++i)
            if (faults.at(i).failover) kinds.push_back(static_cast<Fault>(i));
        runs = each * kinds.size();
    }

    Draw draw(uint64_t i) const {
        const std::optional<Fault> fault = kinds.empty() ? std::nullopt : std::optional{kinds[i % kinds.size()]};
        return test::draw(seed + i, fault, nodes);
    }
    /// Those with which a draw comes again.
    std::string again(const Draw& drawn) const {
        std::string text = fmt::format("--seed {}", drawn.seed);
        if (!kinds.empty()) text += fmt::format(" --fault {}", drawn.traits().name);
        if (nodes) text += fmt::format(" --nodes {}", *nodes);
        return text;
    }
};

Fault fault_of(std::string_view name) {
    const auto found = std::ranges::find_if(faults, [&](const FaultTraits& fault) { return fault.name == name; });
    if (found == faults.end()) throw std::invalid_argument{"no such fault"};
    return static_cast<Fault>(found - faults.begin());
}

Options options_of(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        if (i + 1 == argc) throw std::invalid_argument{"a value is missing"};
        const std::string value = argv[i + 1];
        if (name == "--runs") options.runs = std::stoull(value);
        else if (name == "--failovers") options.take_failovers(std::stoull(value));
        else if (name == "--minutes") options.minutes = std::chrono::minutes{std::stoul(value)};
        else if (name == "--seed") options.seed = std::stoull(value);
        else if (name == "--jobs") options.jobs = std::stoul(value);
        else if (name == "--fault") options.kinds = {fault_of(value)};
        else if (name == "--nodes") options.nodes = std::stoul(value);
        else if (name == "--leave-out") options.leave_out(value);
        else throw std::invalid_argument{"no such option"};
    }
    return options;
}

struct Job {
    Draw draw;
    Fd result;
};

/// In a process of its own, which ends.
Job start(const Draw& draw) {
    Pipe pipe = make_pipe();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error{"fork failed"};
    if (pid == 0) {
        const Report report = Report::of(repeat(draw));
        ::_exit(::write(pipe.write.get(), &report, sizeof report) == sizeof report ? 0 : 1);
    }
    return {draw, std::move(pipe.read)};
}

/// Waits for one that has ended and takes it out.
void collect(std::vector<Job>& jobs, Summary& summary, const Options& options) {
    std::vector<pollfd> fds;
    for (const Job& job : jobs) fds.push_back({job.result.get(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), -1);
    const auto ready = std::ranges::find_if(fds, [](const pollfd& fd) { return fd.revents != 0; });
    const auto job = jobs.begin() + (ready - fds.begin());
    Report report;
    if (::read(job->result.get(), &report, sizeof report) != sizeof report) report = Report::broken_off();
    summary.add(job->draw, report, options.again(job->draw));
    jobs.erase(job);
    ::waitpid(-1, nullptr, 0);
}

/// So many of the runs, or as many as the minutes allow, or until `enough`.
Summary run_all(const Options& options, bool until_violation) {
    Summary summary;
    std::vector<Job> jobs;
    const BootTime end = options.minutes ? BootClock::now() + *options.minutes : BootTime::max();
    for (uint64_t i = 0; options.minutes ? BootClock::now() < end : i < options.runs; ++i) {
        if (until_violation && summary.violations() > 0) break;
        if (jobs.size() == options.jobs) collect(jobs, summary, options);
        jobs.push_back(start(options.draw(i)));
    }
    while (!jobs.empty()) collect(jobs, summary, options);
    return summary;
}

int prove(const Options& options) {
    fmt::print("from seed {}\n", options.seed);
    std::fflush(stdout);
    const Summary summary = run_all(options, false);
    summary.print();
    return summary.violations() == 0 ? 0 : 1;
}

int catch_canary(Options options) {
    ::setenv("LEFT_OUT_RULE", options.left_out.c_str(), 1);
    const Summary without = run_all(options, true);
    if (without.violations() == 0) {
        fmt::print("NOT CAUGHT: {} left out, in {} seeds from {}\n", options.left_out, options.runs, options.seed);
        return 1;
    }
    ::unsetenv("LEFT_OUT_RULE");
    options.runs = static_cast<uint64_t>(without.histories());
    const Summary with = run_all(options, false);
    fmt::print("caught: {} left out, within {} seeds from {}; with the rule they have {} violations\n",
               options.left_out, without.histories(), options.seed, with.violations());
    return with.violations() == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    // The servers of a repetition were started a moment ago: no node of three would have a vote.
    ::setenv("HOLDFAST_RESTART_GUARD", "off", 1);
    // Where the address sanitizer looks for leaks when a program ends, it attaches to it with a SIGSTOP, which a
    // SIGCONT of ours at that moment takes back: the program would wait for ever.
    ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    try {
        const Options options = options_of(argc, argv);
        return options.left_out.empty() ? prove(options) : catch_canary(options);
    } catch (const std::invalid_argument& error) {
        fmt::print(
            stderr,
            "fault_run: {}\nusage: fault_run [--runs N | --minutes N | --failovers N] [--seed SEED] [--jobs JOBS] "
            "[--fault NAME] [--nodes N] [--leave-out RULE]\n",
            error.what());
        return 64;
    }
}
