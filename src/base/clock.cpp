#include "base/clock.hpp"

#include <ctime>

namespace holdfast {

BootTime BootClock::now() noexcept {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return BootTime{seconds{t.tv_sec} + nanoseconds{t.tv_nsec}};
}

milliseconds wall_time_since_epoch() noexcept {
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    return seconds{t.tv_sec} + std::chrono::duration_cast<milliseconds>(nanoseconds{t.tv_nsec});
}

} // namespace holdfast
