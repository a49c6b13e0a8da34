#include "process/outer_leases.hpp"

#include "process/proc.hpp"

#include <algorithm>
#include <unistd.h>

namespace holdfast {
namespace {

void let_go(const LiveDeadline::Memory* lease) { ::munmap(const_cast<LiveDeadline::Memory*>(lease), visible_size); }

/// Null if we cannot see the lease of that process.
const LiveDeadline::Memory* lease_of(const ProcessId& process) {
    const LiveDeadline::Memory* found = nullptr;
    for (const void* memory : find_visible_memory(process.pid)) {
        const auto* lease = static_cast<const LiveDeadline::Memory*>(memory);
        const bool matches = lease->form == LiveDeadline::Memory::our_form && lease->start == process.start;
        if (matches && found == nullptr) found = lease;
        else let_go(lease);
    }
    return found;
}

bool is_among(std::span<const ProcessId> processes, pid_t process) {
    return std::ranges::count(processes, process, &ProcessId::pid) > 0;
}

/// Our ancestors that may have a lease, and those told, the nearest first.
std::vector<ProcessId> ancestors_that_may(const Fd& proc, std::span<const ProcessId> told) {
    const std::vector<pid_t> makers = makers_of_visible_memory();
    std::vector<ProcessId> all;
    if (makers.empty() && told.empty()) return all;
    pid_t above = ::getppid();
    for (auto stat = read_stat(proc, above); above > 0 && stat; stat = read_stat(proc, above)) {
        if (is_among(told, above) || std::ranges::count(makers, above) > 0) all.push_back({above, stat->start});
        above = stat->parent;
    }
    // /proc may not show all that are told.
    for (auto run = told.rbegin(); run != told.rend(); ++run)
        if (!is_among(all, run->pid)) all.push_back(*run);
    return all;
}

} // namespace

OuterLeases::OuterLeases(std::span<const ProcessId> told) {
    const Fd proc = open_proc();
    pid_t group = ::getpgrp();
    for (const ProcessId& run : ancestors_that_may(proc, told)) {
        const LiveDeadline::Memory* lease = lease_of(run);
        if (lease == nullptr && !is_among(told, run.pid)) continue;
        inside_ = true;
        if (lease == nullptr) return;
        leases_.push_back({lease, group});
        const auto stat = read_stat(proc, run.pid);
        if (lease->group != group || !stat) return;
        group = stat->group;
    }
}

OuterLeases::~OuterLeases() {
    for (const auto& [lease, group] : leases_) let_go(lease);
}

OuterLeases::Due OuterLeases::due(BootTime now) const {
    Due due{BootTime::max(), BootTime::max()};
    for (const auto& [lease, group] : leases_) {
        if (lease->group != group) break;
        const nanoseconds margin{lease->margin};
        if (margin <= nanoseconds{0}) continue;
        // The outer supervisor kills when the whole margin is left, and its guard when half of it is.
        due.kill_at =
            std::min(due.kill_at, BootTime{nanoseconds{std::max<nanoseconds::rep>(lease->at, 0)}} - margin / 4);
        due.look_at = std::min({due.look_at, due.kill_at, now + margin / 2});
    }
    return due;
}

} // namespace holdfast
