#include "base/clock.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

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

std::string rfc3339(milliseconds wall_time) {
    const auto in_seconds = std::chrono::floor<seconds>(wall_time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(in_seconds.count())),
                       (wall_time - in_seconds).count());
}

} // namespace holdfast
