// How long this machine let something of ours stand still: the largest gap between the ticks of a thread that wants one
// every millisecond, or the longest time for which a thread of a process that we have started, itself or through
// others, was ready to run and did not. The second may be seconds while the first is nothing: schedulers were seen to
// pass threads over for that long on a busy machine (Linux 6.18, two processors, four busy loops: 16 s).
#pragma once

#include "base/clock.hpp"

#include <sys/types.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>

namespace holdfast::test {

class Standstill {
  public:
    Standstill() : thread_{[this] { tick(); }} {}
    Standstill(const Standstill&) = delete;
    Standstill& operator=(const Standstill&) = delete;
    ~Standstill() { longest(); }

    /// Ends the watch.
    nanoseconds longest();

  private:
    struct Waiter {
        std::string counts; ///< how long it ran, how long it waited and how often it ran, as the kernel tells
        BootTime since{};   ///< it has not run since
    };
    using Waiters = std::map<pid_t, Waiter>;

    void tick();
    void look();
    void look_at(pid_t pid, Waiters& now);

    std::atomic<bool> stop_ = false;
    nanoseconds longest_{};
    Waiters waiters_; ///< by thread
    std::thread thread_;
};

} // namespace holdfast::test
