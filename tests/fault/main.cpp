// The mixed fault run: the command never outlives its lock, whatever happens to holdfast, its guard, its nodes and its
// key. Each repetition draws a fault, the number of nodes and a kind of command from its seed and runs in a process of
// its own; --runs 1 --seed SEED repeats it.
//
//   fault_run [--runs N] [--seed SEED] [--jobs JOBS] [--fault NAME] [--nodes 1|3]
//
// Ends with 1 when a promise was broken.
#include "base/fd.hpp"
#include "fault/repetition.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <poll.h>
#include <random>
#include <stdexcept>
#include <string_view>

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Options {
    uint64_t runs = 200;
    uint64_t seed = std::random_device{}();
    size_t jobs = 2;
    std::optional<Fault> fault;
    std::optional<size_t> nodes;
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
        else if (name == "--seed") options.seed = std::stoull(value);
        else if (name == "--jobs") options.jobs = std::stoul(value);
        else if (name == "--fault") options.fault = fault_of(value);
        else if (name == "--nodes") options.nodes = std::stoul(value);
        else throw std::invalid_argument{"no such option"};
    }
    return options;
}

/// What a repetition tells of itself, in one write to a pipe.
struct Report {
    int status = -1;
    bool judged = false, outside = false, skipped = false;
    int64_t margin = 0;
    int64_t standstill = 0;
    std::array<char, 1024> text{};
};

Report report_of(const Verdict& verdict) {
    Report report;
    report.status = verdict.status;
    report.judged = verdict.margin.has_value();
    report.margin = verdict.margin.value_or(nanoseconds{}).count();
    report.outside = verdict.outside;
    report.skipped = !verdict.skipped.empty();
    report.standstill = verdict.standstill.count();
    const std::string text = report.skipped ? verdict.skipped : fmt::format("{}", fmt::join(verdict.problems, "; "));
    text.copy(report.text.data(), report.text.size() - 1);
    return report;
}

struct Job {
    Draw draw;
    Fd result;
};

class Summary {
  public:
    void add(const Draw& draw, const Report& report) {
        Row& row = rows_[draw.fault];
        ++row.runs;
        const std::string_view text{report.text.data()};
        if (report.skipped) {
            row.skipped = text;
            return;
        }
        ++row.statuses[report.status];
        if (report.outside) ++row.outside;
        if (report.judged) row.worst = std::min(row.worst, nanoseconds{report.margin});
        if (text.empty()) return;
        ++violations_;
        fmt::print("VIOLATION {}: {}{} (the machine stood still for up to {})\n", draw.text(), text,
                   report.judged ? fmt::format("; margin {}", in_ms(nanoseconds{report.margin})) : "",
                   in_ms(nanoseconds{report.standstill}));
        std::fflush(stdout);
    }

    /// The exit status.
    int print() const {
        fmt::print("{:20}{:>5}  {:>12}  {}\n", "fault", "runs", "worst margin", "statuses");
        for (const auto& [fault, row] : rows_) {
            std::string statuses;
            for (const auto& [status, count] : row.statuses) statuses += fmt::format("{} ({}x) ", status, count);
            if (row.outside > 0) statuses += fmt::format("- {} outside the promise, which lived on", row.outside);
            if (!row.skipped.empty()) statuses += "skipped, " + row.skipped;
            fmt::print("{:20}{:>5}  {:>12}  {}\n", faults[static_cast<size_t>(fault)].name, row.runs,
                       row.worst == nanoseconds::max() ? "-" : in_ms(row.worst), statuses);
        }
        fmt::print("{} violation{}\n", violations_, violations_ == 1 ? "" : "s");
        return violations_ == 0 ? 0 : 1;
    }

  private:
    struct Row {
        int runs = 0;
        int outside = 0;
        nanoseconds worst = nanoseconds::max();
        std::map<int, int> statuses;
        std::string skipped;
    };
    static std::string in_ms(nanoseconds duration) {
        return fmt::format("{:.1f} ms", static_cast<double>(duration.count()) / 1e6);
    }

    std::map<Fault, Row> rows_;
    int violations_ = 0;
};

/// In a process of its own, which ends.
Job start(const Draw& draw) {
    Pipe pipe = make_pipe();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error{"fork failed"};
    if (pid == 0) {
        const Report report = report_of(repeat(draw));
        ::_exit(::write(pipe.write.get(), &report, sizeof report) == sizeof report ? 0 : 1);
    }
    return {draw, std::move(pipe.read)};
}

/// Waits for one that has ended and takes it out.
void collect(std::vector<Job>& jobs, Summary& summary) {
    std::vector<pollfd> fds;
    for (const Job& job : jobs) fds.push_back({job.result.get(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), -1);
    const auto ready = std::ranges::find_if(fds, [](const pollfd& fd) { return fd.revents != 0; });
    const auto job = jobs.begin() + (ready - fds.begin());
    Report report;
    if (::read(job->result.get(), &report, sizeof report) != sizeof report)
        std::string_view{"the repetition broke off"}.copy(report.text.data(), report.text.size() - 1);
    summary.add(job->draw, report);
    jobs.erase(job);
    ::waitpid(-1, nullptr, 0);
}

int run_all(const Options& options) {
    fmt::print("{} runs from seed {}\n", options.runs, options.seed);
    std::fflush(stdout);
    Summary summary;
    std::vector<Job> jobs;
    for (uint64_t i = 0; i < options.runs; ++i) {
        if (jobs.size() == options.jobs) collect(jobs, summary);
        jobs.push_back(start(draw(options.seed + i, options.fault, options.nodes)));
    }
    while (!jobs.empty()) collect(jobs, summary);
    return summary.print();
}

} // namespace

int main(int argc, char** argv) {
    // The servers of a repetition were started a moment ago: no node of three would have a vote.
    ::setenv("HOLDFAST_RESTART_GUARD", "off", 1);
    try {
        return run_all(options_of(argc, argv));
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr,
                   "fault_run: {}\nusage: fault_run [--runs N] [--seed SEED] [--jobs JOBS] [--fault NAME] "
                   "[--nodes 1|3]\n",
                   error.what());
        return 64;
    }
}
