// What /proc says of processes. All functions are async-signal-safe: the guard calls them after a fork from a process
// with threads.
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
    uint64_t start = 0; ///< in clock ticks since boot; tells a process from a later one of the same number

    /// Whether the process has ended and was not reaped. If only its first thread has ended, /proc shows it as 'Z' too,
    /// but with more than one thread.
    bool zombie() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

/// A descriptor of /proc; empty if there is no /proc.
Fd open_proc();

/// The state of the process `pid`; nothing if there is no such process, or /proc does not show it.
std::optional<ProcStat> read_stat(const Fd& proc, pid_t pid);

/// Whether there is a /proc that shows this process; a /proc of another PID namespace does not.
bool proc_shows_us();

/// Calls `visit` with each process that /proc lists and that can still be read. Reads the folder to its end, so `proc`
/// has to be newly opened.
template <typename Visit>
void each_process(const Fd& proc, Visit visit) {
    each_number(proc.get(), [&](pid_t pid) {
        if (const auto stat = read_stat(proc, pid)) visit(pid, *stat);
    });
}

} // namespace holdfast
