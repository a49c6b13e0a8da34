// How long this machine stood still: the largest gap between the ticks of a thread that wants one every millisecond.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace holdfast::test {

class Standstill {
  public:
    Standstill() : thread_{[this] { tick(); }} {}
    Standstill(const Standstill&) = delete;
    Standstill& operator=(const Standstill&) = delete;
    ~Standstill() { longest(); }

    /// Ends the watch.
    nanoseconds longest() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
        return longest_;
    }

  private:
    void tick() {
        BootTime before = BootClock::now();
        while (!stop_) {
            std::this_thread::sleep_for(milliseconds{1});
            const BootTime now = BootClock::now();
            longest_ = std::max(longest_, now - before);
            before = now;
        }
    }

    std::atomic<bool> stop_ = false;
    nanoseconds longest_{};
    std::thread thread_;
};

} // namespace holdfast::test
