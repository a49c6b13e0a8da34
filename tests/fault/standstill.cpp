#include "fault/standstill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>
#include <utility>

namespace holdfast::test {
namespace {

constexpr int ticks_a_look = 50;
/// On a busy machine every thread has to wait for a while, and the promise has to hold there.
constexpr milliseconds longest_turn{300};

/// Empty if the thread has ended.
std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

/// The name in parentheses stands before it, and may have anything in it.
bool is_ready_to_run(const std::string& stat) { return stat.substr(stat.rfind(')') + 1).starts_with(" R"); }

} // namespace

nanoseconds Standstill::longest() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return longest_;
}

void Standstill::tick() {
    BootTime before = BootClock::now();
    for (int ticks = 1; !stop_; ++ticks) {
        std::this_thread::sleep_for(milliseconds{1});
        const BootTime now = BootClock::now();
        longest_ = std::max(longest_, now - before);
        if (ticks % ticks_a_look == 0) look();
        before = BootClock::now();
    }
}

void Standstill::look() {
    Waiters now;
    look_at(::getpid(), now);
    waiters_ = std::move(now);
}

void Standstill::look_at(pid_t pid, Waiters& now) {
    std::error_code ended;
    for (const auto& task : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", pid), ended}) {
        const std::string thread = task.path().string();
        const pid_t id = std::stoi(task.path().filename());
        Waiter waiter{contents(thread + "/schedstat"), BootClock::now()};
        if (const auto before = waiters_.find(id); before != waiters_.end() && before->second.counts == waiter.counts &&
                                                   is_ready_to_run(contents(thread + "/stat"))) {
            const nanoseconds waited = waiter.since - before->second.since;
            if (waited > longest_turn) longest_ = std::max(longest_, waited);
            waiter.since = before->second.since;
        }
        now.emplace(id, std::move(waiter));
        std::istringstream children{contents(thread + "/children")};
        for (pid_t child = 0; children >> child;) look_at(child, now);
    }
}

} // namespace holdfast::test
