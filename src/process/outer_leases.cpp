#include "process/outer_leases.hpp"

#include "process/proc.hpp"

#include <algorithm>
#include <unistd.h>

namespace holdfast {
namespace {

/// Null if we cannot see the lease of that process.
const LiveDeadline::Memory* lease_of(pid_t process) {
    constexpr size_t size = sizeof(LiveDeadline::Memory);
    const Fd file = find_named_memory(process, LiveDeadline::memory_name, size);
    void* memory = file ? ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0) : MAP_FAILED;
    return memory == MAP_FAILED ? nullptr : static_cast<const LiveDeadline::Memory*>(memory);
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
    for (const auto& [lease, group] : leases_) ::munmap(const_cast<LiveDeadline::Memory*>(lease), sizeof *lease);
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
