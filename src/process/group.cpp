#include "process/group.hpp"

#include "base/fd.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>

namespace holdfast {
namespace {

/// Reads /proc/PID/stat: "PID (NAME) STATE PPID PGRP ..."; the name may hold anything, so look behind its last ')'.
bool lives_in(int proc, std::string_view pid, pid_t group) {
    std::array<char, 32> path{};
    pid.copy(path.data(), pid.size());
    std::string_view{"/stat"}.copy(path.data() + pid.size(), 5);
    const Fd file{::openat(proc, path.data(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 512> buffer{};
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size <= 0) return false;
    std::string_view text{buffer.data(), static_cast<size_t>(size)};
    text.remove_prefix(text.rfind(')') + 1);
    if (text.size() < 4 || text[1] == 'Z' || text[1] == 'X') return false;
    text.remove_prefix(3);
    text.remove_prefix(text.find(' ') + 1);
    pid_t process_group = 0;
    std::from_chars(text.data(), text.data() + text.size(), process_group);
    return process_group == group;
}

} // namespace

size_t members(pid_t group, std::span<pid_t> found) {
    const Fd proc{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    size_t count = 0;
    alignas(dirent64) std::array<char, 8192> buffer;
    while (true) {
        const ssize_t size = ::getdents64(proc.get(), buffer.data(), buffer.size());
        if (size <= 0) return count;
        for (ssize_t at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
            at += entry->d_reclen;
            const std::string_view name{entry->d_name};
            pid_t pid = 0;
            const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
            if (error != std::errc{} || end != name.data() + name.size() || !lives_in(proc.get(), name, group))
                continue;
            if (count < found.size()) found[count] = pid;
            ++count;
        }
    }
}

bool any_alive(pid_t group) {
    if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
    return members(group, {}) > 0;
}

void signal_if_alive(pid_t group, int signal) {
    if (any_alive(group)) ::kill(-group, signal);
}

} // namespace holdfast
