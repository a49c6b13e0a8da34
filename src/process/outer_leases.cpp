#include "process/outer_leases.hpp"

#include "process/proc.hpp"

#include <algorithm>
#include <unistd.h>

namespace holdfast {
namespace {

void let_go(const LiveDeadline::Memory* lease) { ::munmap(const_cast<LiveDeadline::Memory*>(lease), sizeof *lease); }

/// Null if we cannot see the lease of that process.
const LiveDeadline::Memory* lease_of(pid_t process) {
    const void* memory = find_visible_memory(process, sizeof(LiveDeadline::Memory));
    const auto* lease = static_cast<const LiveDeadline::Memory*>(memory);
    if (lease == nullptr || lease->form == LiveDeadline::Memory::our_form) return lease;
    let_go(lease);
    return nullptr;
}

} // namespace

OuterLeases::OuterLeases(std::span<const ProcessId> around) {
    if (around.empty()) return;
    const Fd proc = open_proc();
    pid_t group = ::getpgrp();
    pid_t last = 0;
    for (auto outer = around.rbegin(); outer != around.rend(); ++outer) {
        if (outer->pid == last) continue;
        last = outer->pid;
        const LiveDeadline::Memory* lease = lease_of(last);
        if (lease == nullptr) return;
        leases_.push_back({lease, group});
        const auto stat = read_stat(proc, last);
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
