#include "process/group.hpp"

#include "base/fd.hpp"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace holdfast {
namespace {

struct Stat {
    char state = 0;
    pid_t parent = 0;
    pid_t group = 0;
    int threads = 0;

    /// A process whose first thread has ended shows as a zombie while others of its threads work.
    bool zombie() const { return (state == 'Z' || state == 'X') && threads <= 1; }
};

/// Reads /proc/PID/stat: "PID (NAME) STATE PPID PGRP ..."; the name may hold anything, so look behind its last ')'.
std::optional<Stat> read_stat(int proc, pid_t pid) {
    std::array<char, 32> path{};
    char* const end_of_number = std::to_chars(path.data(), path.data() + path.size(), pid).ptr;
    std::string_view{"/stat"}.copy(end_of_number, 5);
    const Fd file{::openat(proc, path.data(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 512> buffer{};
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size <= 0) return {};
    std::string_view text{buffer.data(), static_cast<size_t>(size)};
    text.remove_prefix(std::min(text.rfind(')') + 2, text.size()));
    Stat stat;
    stat.state = text.empty() ? '?' : text.front();
    // Fields by their numbers in proc(5).
    for (int field = 3; !text.empty(); ++field) {
        const size_t end = std::min(text.find(' '), text.size());
        int* const target = field == 4    ? &stat.parent
                            : field == 5  ? &stat.group
                            : field == 20 ? &stat.threads
                                          : nullptr;
        if (target != nullptr) std::from_chars(text.data(), text.data() + end, *target);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return stat;
}

Fd open_proc() { return Fd{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)}; }

/// Calls `visit` with each process that /proc lists and can still be read.
template <typename Visit>
void each_process(const Fd& proc, Visit visit) {
    alignas(dirent64) std::array<char, 8192> buffer;
    while (true) {
        const ssize_t size = ::getdents64(proc.get(), buffer.data(), buffer.size());
        if (size <= 0) return;
        for (ssize_t at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
            at += entry->d_reclen;
            const std::string_view name{entry->d_name};
            pid_t pid = 0;
            const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
            if (error != std::errc{} || end != name.data() + name.size()) continue;
            if (const auto stat = read_stat(proc.get(), pid)) visit(pid, *stat);
        }
    }
}

/// From `root`, or from a member of the group, whose own parent may be another since root has ended.
bool descends(int proc, Stat stat, pid_t root, pid_t group) {
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
    each_process(open_proc(), [&](pid_t, const Stat& stat) {
        if (stat.group != group) return;
        if (stat.zombie() && stat.parent != ::getpid()) ++zombies;
        else ++others;
    });
    return zombies > 0 && others == 0;
}

} // namespace

size_t members(pid_t group, std::span<pid_t> found) {
    size_t count = 0;
    each_process(open_proc(), [&](pid_t pid, const Stat& stat) {
        if (stat.group != group || stat.zombie()) return;
        if (count < found.size()) found[count] = pid;
        ++count;
    });
    return count;
}

bool any_stopped(pid_t group) {
    bool found = false;
    each_process(open_proc(),
                 [&](pid_t, const Stat& stat) { found = found || (stat.group == group && stat.state == 'T'); });
    return found;
}

bool any_alive(pid_t group) {
    if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
    // A list of processes is not read in one instant: whoever forks and ends meanwhile must not slip through.
    for (int looks = 0; looks < 2; ++looks)
        if (!only_foreign_zombies(group)) return true;
    return false;
}

size_t Strays::signal(int signal) const {
    const Fd proc = open_proc();
    size_t count = 0;
    each_process(proc, [&](pid_t pid, const Stat& stat) {
        if (pid == guard || stat.group == group || stat.zombie() || !descends(proc.get(), stat, root, group)) return;
        const Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
        // Looked at again now that its number cannot become another's unnoticed.
        const auto same = read_stat(proc.get(), pid);
        const bool moved = same && same->parent != stat.parent; // its parent has ended
        if (!process || !same || (moved && !descends(proc.get(), *same, root, group))) return;
        ++count;
        if (signal != 0) ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
    });
    return count;
}

} // namespace holdfast
