#include "process/survivors.hpp"

#include "base/escape.hpp"
#include "process/guard.hpp"
#include "process/proc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

std::string name_of(pid_t pid) {
    std::string name;
    std::getline(std::ifstream{fmt::format("/proc/{}/comm", pid)}, name);
    return name;
}

/// The effective user of the process; nothing if /proc does not show it.
std::optional<uid_t> user_of(pid_t pid) {
    std::ifstream status{fmt::format("/proc/{}/status", pid)};
    for (std::string word; status >> word;) {
        uid_t real = 0;
        uid_t effective = 0;
        if (word == "Uid:" && status >> real >> effective) return effective;
    }
    return {};
}

std::string described(pid_t pid) {
    std::string of_user;
    if (const auto user = user_of(pid); user && *user != ::geteuid()) of_user = fmt::format(", uid {}", *user);
    return fmt::format("{} ({}{})", pid, printable(name_of(pid)), of_user);
}

} // namespace

std::string described(std::span<const pid_t> some, size_t count) {
    if (count == 0) return "/proc does not show which";
    std::string text;
    for (const pid_t pid : some.first(std::min(count, some.size())))
        text += (text.empty() ? "" : ", ") + described(pid);
    return count > some.size() ? text + " ..." : text;
}

bool inner_guard_lives(pid_t own_guard) {
    const auto is_one = [&](pid_t pid) { return pid != own_guard && name_of(pid) == Guard::name; };
    std::ifstream children{"/proc/thread-self/children"};
    // A /proc of another PID namespace has other numbers, also for our own guard.
    for (pid_t child = 0; children >> child;)
        if (is_one(child)) return proc_shows_us();
    return false;
}

} // namespace holdfast
