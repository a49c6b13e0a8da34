#include "process/group.hpp"

#include "base/error.hpp"
#include "process/proc.hpp"

#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

/// From `root`, or from a member of the group, whose own parent may be another since root has ended.
bool descends(const Fd& proc, ProcStat stat, pid_t root, pid_t group) {
    while (stat.parent != root && stat.group != group) {
        const auto above = stat.parent > 1 ? read_stat(proc, stat.parent) : std::nullopt;
        if (!above) return false;
        stat = *above;
    }
    return true;
}

/// One look at /proc: members there are, all of them zombies, and none is ours to reap.
bool only_foreign_zombies(pid_t group) {
    size_t zombies = 0;
    size_t others = 0;
    each_process(open_proc(), [&](pid_t, const ProcStat& stat) {
        if (stat.group != group) return;
        if (stat.zombie() && stat.parent != ::getpid()) ++zombies;
        else ++others;
    });
    return zombies > 0 && others == 0;
}

/// A descriptor of the process; none where there is no such call (before Linux 5.3, or filtered).
Fd hold(pid_t pid) { return Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; }

/// By its number where it cannot be by the descriptor: the moment since its start time was looked at is too short for
/// another to get the number.
void send(pid_t pid, const Fd& process, int signal) {
    const bool sent =
        process && (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0 || errno == ESRCH);
    if (!sent) ::kill(pid, signal);
}

} // namespace

size_t members(pid_t group, std::span<pid_t> found) {
    size_t count = 0;
    each_process(open_proc(), [&](pid_t pid, const ProcStat& stat) {
        if (stat.group != group || stat.zombie()) return;
        if (count < found.size()) found[count] = pid;
        ++count;
    });
    return count;
}

bool any_stopped(pid_t group) {
    bool found = false;
    each_process(open_proc(),
                 [&](pid_t, const ProcStat& stat) { found = found || (stat.group == group && stat.state == 'T'); });
    return found;
}

bool any_alive(pid_t group) {
    if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
    // A list of processes is not read in one instant: whoever forks and ends meanwhile must not slip through.
    for (int looks = 0; looks < 2; ++looks)
        if (!only_foreign_zombies(group)) return true;
    return false;
}

void require_proc() {
    if (!proc_shows_us())
        throw Failure{ExitStatus::internal,
                      "--tree finds processes in /proc, and it does not show them here; mount it, "
                      "or leave --tree out"};
}

template <typename Visit>
size_t Strays::each(Visit visit) const {
    const Fd proc = open_proc();
    size_t count = 0;
    each_process(proc, [&](pid_t pid, const ProcStat& stat) {
        if (pid == guard || stat.group == group || stat.zombie() || !descends(proc, stat, root, group)) return;
        const Fd process = hold(pid);
        // Looked at again now that its number cannot become another's unnoticed.
        const auto same = read_stat(proc, pid);
        if (!same || same->start != stat.start) return;
        const bool moved = same->parent != stat.parent; // its parent has ended
        if (moved && !descends(proc, *same, root, group)) return;
        visit(pid, process, count++);
    });
    return count;
}

size_t Strays::signal(int signal) const {
    return each([&](pid_t pid, const Fd& process, size_t) { send(pid, process, signal); });
}

size_t Strays::find(std::span<pid_t> found) const {
    return each([&](pid_t pid, const Fd&, size_t index) {
        if (index < found.size()) found[index] = pid;
    });
}

} // namespace holdfast
