#include "base/clock.hpp"

#include <fmt/format.h>

#include <array>

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
    const std::time_t time{in_seconds.count()};
    std::tm utc{};
    return fmt::format("{}.{:03}Z", time_text("%Y-%m-%dT%H:%M:%S", *::gmtime_r(&time, &utc)),
                       (wall_time - in_seconds).count());
}

std::string time_text(const char* format, const std::tm& time) {
    std::array<char, 64> text;
    return {text.data(), std::strftime(text.data(), text.size(), format, &time)};
}

} // namespace holdfast
