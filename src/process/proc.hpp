// What /proc says of processes. All of it is async-signal-safe: the guard asks after a fork from a process with
// threads.
#pragma once

#include "base/fd.hpp"
#include "base/numbered.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace holdfast {

struct ProcStat {
    char state = 0;
    pid_t parent = 0;
    pid_t group = 0;
    int threads = 0;
    uint64_t start = 0; ///< clock ticks since boot: what tells a process from a later one of the same number

    /// A process whose first thread has ended shows as a zombie while others of its threads work.
    bool zombie() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

/// Fails where there is no /proc.
Fd open_proc();

/// Nothing when there is no such process, or /proc does not show it.
std::optional<ProcStat> read_stat(const Fd& proc, pid_t pid);

/// Whether there is a /proc, and it shows us: not that of another PID namespace.
bool proc_shows_us();

/// Calls `visit` with each process that /proc lists and can still be read.
template <typename Visit>
void each_process(const Fd& proc, Visit visit) {
    each_number(proc.get(), [&](pid_t pid) {
        if (const auto stat = read_stat(proc, pid)) visit(pid, *stat);
    });
}

} // namespace holdfast
