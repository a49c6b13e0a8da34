// The simulator: the lock's own code against simulated nodes, in virtual time. A seed is a history, always the same.
//
//   sim_run [--seeds N] [--from SEED] [--jobs JOBS] [--leave-out RULE] [--expect INVARIANT[,INVARIANT]]
//   sim_run --seed SEED [--trace] [--leave-out RULE]
//
// Without the rule that is left out the lock is broken, and with --expect it has to be seen: histories go on until one
// violates one of these invariants, and it ends with 1 when none of them does. Otherwise it ends with 1 when a history
// violates any. --trace tells what happened in it.
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

constexpr std::pair<std::string_view, Rule> rules[]{
    {"drift", Rule::drift},
    {"send-time", Rule::send_time},
    {"fresh-token", Rule::fresh_token},
    {"restart-guard", Rule::restart_guard},
    {"no-resurrection", Rule::no_resurrection},
    {"own-record", Rule::own_record},
    {"configured-quorum", Rule::configured_quorum},
    {"missing-lease", Rule::missing_lease},
    {"impossible-quorum", Rule::impossible_quorum},
};
/// More would all be of the same cause.
constexpr size_t most_violations = 20;

struct Options {
    uint64_t seeds = 1000;
    uint64_t from = 1;
    size_t jobs = 2;
    bool trace = false;
    std::string expect{}; ///< invariants with commas between
};

Rule rule_of(std::string_view name) {
    const auto found = std::ranges::find(rules, name, &std::pair<std::string_view, Rule>::first);
    if (found == std::end(rules)) throw std::invalid_argument{"no such rule"};
    return found->second;
}

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
        else if (name == "--leave-out") left_out = rule_of(value);
        else if (name == "--expect") options.expect = value;
        else if (name == "--seed") {
            options.from = std::stoull(value);
            options.seeds = 1;
        } else throw std::invalid_argument{"no such option"};
    }
    return options;
}

bool is_expected(const Options& options, const Tally::Found& found) {
    return ("," + options.expect + ",").find("," + found.invariant + ",") != std::string::npos;
}

/// Every jobs-th history from that seed on.
Tally run_some(const Options& options, uint64_t first) {
    Tally tally;
    for (uint64_t seed = first; seed < options.from + options.seeds; seed += options.jobs) {
        tally.add(seed, History{seed, options.trace}.run());
        const auto seen = [&](const Tally::Found& found) { return is_expected(options, found); };
        if (options.expect.empty() ? tally.violations.size() >= most_violations
                                   : std::ranges::any_of(tally.violations, seen))
            break;
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
    if (options.expect.empty()) return tally.violations.empty() ? 0 : 1;
    return std::ranges::any_of(tally.violations, [&](const auto& found) { return is_expected(options, found); }) ? 0
                                                                                                                 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run_all(options_of(argc, argv));
    } catch (const std::exception& error) {
        fmt::print(stderr,
                   "sim_run: {}\nusage: sim_run [--seeds N] [--from SEED] [--jobs JOBS] [--leave-out RULE] "
                   "[--expect INVARIANTS]\n       sim_run --seed SEED [--trace] [--leave-out RULE]\n",
                   error.what());
        return 64;
    }
}
