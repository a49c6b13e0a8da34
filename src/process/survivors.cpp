#include "process/survivors.hpp"

#include "base/escape.hpp"
#include "process/guard.hpp"
#include "process/proc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <unistd.h>
#include <vector>

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
    std::vector<pid_t> guards;
    std::ifstream children{"/proc/thread-self/children"};
    for (pid_t child = 0; children >> child;)
        if (child != own_guard && name_of(child) == Guard::name) guards.push_back(child);
    // A /proc of another PID namespace has other numbers, also for our own guard.
    if (guards.empty() || !proc_shows_us()) return false;
    for (const pid_t guard : guards) ::kill(guard, SIGCONT);
    return true;
}

} // namespace holdfast
