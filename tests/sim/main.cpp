// The simulator: the lock's own code against simulated nodes, in virtual time. A seed is a history, always the same.
//
//   sim_run [--seeds N] [--from SEED] [--jobs JOBS] [--leave-out RULE]
//   sim_run --seed SEED [--trace] [--leave-out RULE]
//
// Ends with 1 when a history violates an invariant. With a rule left out it is the other way round: histories go on
// until one violates the invariant that the rule is there for, and sim_run ends with 1 when none does. --trace tells
// what happened in a history.
#include "base/fd.hpp"
#include "sim/left_out.hpp"
#include "sim/tally.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

using namespace holdfast;
using namespace holdfast::sim;

namespace {

/// What shows that a rule is left out: the promises of which one is broken then.
struct Canary {
    Rule rule;
    std::string_view breaks;
};
constexpr Canary canaries[]{
    {Rule::drift, "I2"},           {Rule::send_time, "I2"},
    {Rule::fresh_token, "I2"},     {Rule::restart_guard, "I1"},
    {Rule::no_resurrection, "I4"}, {Rule::configured_quorum, "I2"},
    {Rule::missing_lease, "loss"}, {Rule::impossible_quorum, "loss"},
    {Rule::free_seat, "I1"},       {Rule::group_begins_empty, "I6"},
    {Rule::group_ends, "I6"},
};
/// More would all be of the same cause.
constexpr size_t most_violations = 20;

struct Options {
    uint64_t seeds = 1000;
    uint64_t from = 1;
    size_t jobs = 2;
    bool trace = false;
    std::string_view expected{}; ///< what has to be broken; nothing: no promise may be

    void leave_out(std::string_view name) {
        for (const auto& [rule, breaks] : canaries) {
            if (rule_names.at(static_cast<size_t>(rule)) != name) continue;
            left_out = rule;
            expected = breaks;
        }
        if (!left_out) throw std::invalid_argument{"no such rule, or nothing here would show it"};
    }
};

Options options_of(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--trace") {
            options.trace = true;
            continue;
        }
        if (++i == argc) throw std::invalid_argument{"a value is missing"};
        const std::string value = argv[i];
        if (name == "--seeds") options.seeds = std::stoull(value);
        else if (name == "--from") options.from = std::stoull(value);
        else if (name == "--jobs") options.jobs = std::stoul(value);
        else if (name == "--leave-out") options.leave_out(value);
        else if (name == "--seed") {
            options.from = std::stoull(value);
            options.seeds = 1;
        } else throw std::invalid_argument{"no such option"};
    }
    return options;
}

/// Every jobs-th history from that seed on.
Tally run_some(const Options& options, uint64_t first) {
    Tally tally;
    for (uint64_t seed = first; seed < options.from + options.seeds; seed += options.jobs) {
        tally.add(seed, History{seed, options.trace}.run());
        if (left_out ? tally.has(options.expected) : tally.violations.size() >= most_violations) break;
    }
    return tally;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    ssize_t size = 0;
    while ((size = ::read(fd, buffer.data(), buffer.size())) > 0) text.append(buffer.data(), static_cast<size_t>(size));
    return text;
}

/// In a process of its own, which ends.
Fd start(const Options& options, uint64_t first) {
    Pipe pipe = make_pipe();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error{"fork failed"};
    if (pid == 0) {
        const std::string text = run_some(options, first).encoded();
        ::_exit(::write(pipe.write.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    return std::move(pipe.read);
}

int run_all(const Options& options) {
    Tally tally;
    if (options.seeds == 1) tally = run_some(options, options.from);
    else {
        std::vector<Fd> jobs;
        for (size_t job = 0; job < options.jobs; ++job) jobs.push_back(start(options, options.from + job));
        for (const Fd& job : jobs) {
            tally.add(Tally::decoded(read_all(job.get())));
            int status = 0;
            if (::wait(&status) < 0 || status != 0) throw std::runtime_error{"a job broke off"};
        }
    }
    fmt::print("{}", tally.text());
    return (left_out ? tally.has(options.expected) : tally.violations.empty()) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run_all(options_of(argc, argv));
    } catch (const std::exception& error) {
        fmt::print(stderr,
                   "sim_run: {}\nusage: sim_run [--seeds N] [--from SEED] [--jobs JOBS] [--leave-out RULE]\n"
                   "       sim_run --seed SEED [--trace] [--leave-out RULE]\n",
                   error.what());
        return 64;
    }
}
