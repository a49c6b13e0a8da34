#include "process/ancestry.hpp"

#include "process/proc.hpp"

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace holdfast {

ProcessId our_process() {
    const auto stat = read_stat(open_proc(), ::getpid());
    return {::getpid(), stat ? stat->start : 0};
}

bool is_around_us(const ProcessId& process) {
    const Fd proc = open_proc();
    const auto shown = read_stat(proc, process.pid);
    if (shown && process.start != 0 && shown->start != process.start) return false;
    for (pid_t above = ::getppid(); above != process.pid;) {
        const auto stat = read_stat(proc, above);
        // The first process of its PID namespace has no process above it.
        if (above == 0 || (stat && stat->parent == 0)) return false;
        if (!stat) return ::kill(process.pid, 0) == 0 || errno == EPERM;
        above = stat->parent;
    }
    return true;
}

} // namespace holdfast
