#include "fault/summary.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace holdfast::test {
namespace {

std::string in_ms(nanoseconds duration) {
    return duration == nanoseconds::max() ? "-" : fmt::format("{:.1f} ms", static_cast<double>(duration.count()) / 1e6);
}

std::string text_of(const std::map<size_t, int>& statuses) {
    std::string text;
    for (const auto& [status, count] : statuses) text += fmt::format("{} ({}x) ", status, count);
    return text;
}

} // namespace

Report Report::of(const Judgement& judgement) {
    Report report;
    for (const auto& [status, count] : judgement.operations)
        report.operations.at(static_cast<size_t>(status)) = static_cast<uint16_t>(count);
    report.judged = judgement.margin.has_value();
    report.margin = judgement.margin.value_or(nanoseconds{}).count();
    for (size_t i = 0; i < measures; ++i)
        report.measured.at(i) = judgement.measured.at(i) ? judgement.measured.at(i)->count() : Report::unmeasured;
    report.outside = judgement.outside;
    report.skipped = !judgement.skipped.empty();
    report.standstill = judgement.standstill.count();
    const std::string text =
        report.skipped ? judgement.skipped : fmt::format("{}", fmt::join(judgement.problems, "; "));
    text.copy(report.text.data(), report.text.size() - 1);
    return report;
}

Report Report::broken_off() {
    Report report;
    report.measured.fill(unmeasured);
    std::string_view{"the repetition broke off"}.copy(report.text.data(), report.text.size() - 1);
    return report;
}

void Summary::add(const Draw& draw, const Report& report, const std::string& how) {
    Row& row = rows_[draw.fault];
    const std::string_view text{report.text.data()};
    if (report.skipped) {
        row.skipped = text;
        return;
    }
    ++row.runs;
    ++histories_;
    ++by_nodes_[draw.nodes];
    for (size_t status = 0; status < Report::statuses; ++status)
        if (report.operations[status] > 0) row.statuses[status] += report.operations[status];
    if (report.outside) ++row.outside;
    // Half of what a kill may take at most, and a test is not alone in being late.
    constexpr milliseconds too_long{50};
    const bool too_busy = !text.empty() && nanoseconds{report.standstill} >= too_long;
    if (report.judged && !too_busy) row.worst = std::min(row.worst, nanoseconds{report.margin});
    worst_ = std::min(worst_, row.worst);
    for (size_t i = 0; i < measures; ++i)
        if (report.measured.at(i) != Report::unmeasured && !too_busy)
            row.measured.at(i).emplace_back(report.measured.at(i));
    if (text.empty()) return;
    ++(too_busy ? unjudged_ : violations_);
    fmt::print(
        "{} {}: {}{} (the machine let something of us stand still for up to {})\n  again: fault_run --runs 1 {}\n",
        too_busy ? "not judged, the machine is too busy:" : "VIOLATION", draw.text(), text,
        report.judged ? fmt::format("; margin {}", in_ms(nanoseconds{report.margin})) : "",
        in_ms(nanoseconds{report.standstill}), how);
    std::fflush(stdout);
}

void Summary::print() const {
    fmt::print("{:24}{:>10}  {:>12}  {}\n", "fault", "histories", "worst margin", "statuses");
    std::map<size_t, int> all;
    for (const auto& [fault, row] : rows_) {
        for (const auto& [status, count] : row.statuses) all[status] += count;
        std::string statuses = text_of(row.statuses);
        if (row.outside > 0) statuses += fmt::format("- {} outside the promise, which lived on", row.outside);
        if (!row.skipped.empty()) statuses += "skipped, " + row.skipped;
        fmt::print("{:24}{:>10}  {:>12}  {}\n", faults[static_cast<size_t>(fault)].name, row.runs, in_ms(row.worst),
                   statuses);
    }
    print_measured();
    fmt::print("runs of holdfast by status: {}\n", text_of(all));
    fmt::print("{} histories in {}:", histories_,
               format_duration(std::chrono::duration_cast<seconds>(BootClock::now() - began_)));
    for (const auto& [nodes, count] : by_nodes_) fmt::print(" {} with {} node{},", count, nodes, nodes == 1 ? "" : "s");
    fmt::print(" worst margin {}\n{} violation{}, {} not judged\n", in_ms(worst_), violations_,
               violations_ == 1 ? "" : "s", unjudged_);
    std::fflush(stdout);
}

void Summary::print_measured() const {
    constexpr std::array<const char*, measures> names{"waiter let in after the end", "SIGTERM after the first word",
                                                      "overlap after SIGTERM"};
    for (const auto& [fault, row] : rows_)
        for (size_t i = 0; i < measures; ++i) {
            std::vector<nanoseconds> sorted = row.measured.at(i);
            if (sorted.empty()) continue;
            std::ranges::sort(sorted);
            fmt::print("{:24}{:30} {:>4}x  median {:>10}  worst {:>10}\n", faults[static_cast<size_t>(fault)].name,
                       names.at(i), sorted.size(), in_ms(sorted[sorted.size() / 2]), in_ms(sorted.back()));
        }
}

} // namespace holdfast::test
