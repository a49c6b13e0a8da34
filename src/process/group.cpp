#include "process/group.hpp"

#include "base/error.hpp"
#include "process/proc.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

bool is_one_of(std::span<const ProcessId> known, pid_t pid, uint64_t start) {
    return std::ranges::any_of(known, [&](const ProcessId& one) { return one.pid == pid && one.start == start; });
}

/// Whether the process is a known stray, or a descendant of a known stray, of `root`, or of a member of the group
/// (whose parent is another process if root has ended).
bool descends(const Fd& proc, pid_t pid, ProcStat stat, const Strays& strays) {
    while (stat.parent != strays.root && stat.group != strays.group && !is_one_of(strays.known, pid, stat.start)) {
        pid = stat.parent;
        const auto above = pid > 1 ? read_stat(proc, pid) : std::nullopt;
        if (!above) return false;
        stat = *above;
    }
    return true;
}

/// Whether /proc, in one look, shows members of the group, and all of them are zombies of other parents, which this
/// process cannot reap.
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

/// A pidfd of the process; empty if the call does not exist (before Linux 5.3) or a filter forbids it.
Fd hold(pid_t pid) { return Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; }

/// Sends the signal by the pidfd; by the number if there is no pidfd or the call is not allowed. The caller has just
/// read the start time of `pid`, too short a time ago for another process to have that number.
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
    // Two looks, because reading /proc takes a while: a process that forks a child and ends during the first look must
    // not be missed.
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
void Strays::each(Visit visit) const {
    const Fd proc = open_proc();
    each_process(proc, [&](pid_t pid, const ProcStat& stat) {
        if (pid == guard || stat.group == group || stat.zombie() || !descends(proc, pid, stat, *this)) return;
        const Fd process = hold(pid);
        // Read again, now that the pidfd is open: if the start time is still the same, the pidfd is of this process,
        // and not of a later one with the same number.
        const auto same = read_stat(proc, pid);
        if (!same || same->start != stat.start) return;
        const bool moved = same->parent != stat.parent; // because its parent has ended
        if (moved && !descends(proc, pid, *same, *this)) return;
        visit(ProcessId{pid, stat.start}, process);
    });
}

size_t Strays::signal(int signal) const {
    size_t count = 0;
    each([&](const ProcessId& stray, const Fd& process) {
        send(stray.pid, process, signal);
        ++count;
    });
    return count;
}

size_t Strays::find(std::span<pid_t> found) const {
    size_t count = 0;
    each([&](const ProcessId& stray, const Fd&) {
        if (count < found.size()) found[count] = stray.pid;
        ++count;
    });
    return count;
}

void KnownStrays::signal(pid_t group, int signal) {
    // A stopped process cannot fork, and its children are found through it, so strays are stopped before they are
    // killed.
    if (signal == SIGKILL) send_to_known(SIGSTOP);
    while (look(group, signal) > 0 && signal == SIGKILL) send_to_known(SIGSTOP);
    send_to_known(signal);
}

bool KnownStrays::any_alive() const {
    const Fd proc = open_proc();
    return std::ranges::any_of(std::span{known_}.first(count_), [&](const ProcessId& one) {
        const auto stat = read_stat(proc, one.pid);
        return stat && stat->start == one.start && !stat->zombie();
    });
}

size_t KnownStrays::look(pid_t group, int signal) {
    const std::span before = std::span{known_}.first(count_);
    Strays{nobody, group, ::getpid(), before}.each([&](const ProcessId& stray, const Fd& process) {
        if (is_one_of(before, stray.pid, stray.start)) return;
        if (count_ < known_.size()) known_[count_++] = stray;
        else send(stray.pid, process, signal);
    });
    return count_ - before.size();
}

void KnownStrays::send_to_known(int signal) const {
    const Fd proc = open_proc();
    for (const ProcessId& one : std::span{known_}.first(count_)) {
        const Fd process = hold(one.pid);
        const auto stat = read_stat(proc, one.pid);
        if (stat && stat->start == one.start) send(one.pid, process, signal);
    }
}

} // namespace holdfast
