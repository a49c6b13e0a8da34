// The one clock of all lock logic: CLOCK_BOOTTIME. It counts suspend, and no one can step it.
// Wall time is for what people read, and has its own function so that the two can't be mixed.
// Hazards 3, 4, 10. Any thread.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

namespace holdfast {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

struct BootClock {
    using duration = nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
};

using BootTime = BootClock::time_point;

/// Milliseconds since 1970 by this host's wall clock. Never used to decide anything about a lock.
milliseconds wall_time_since_epoch() noexcept;

/// "2026-11-24T03:00:00.000Z", of a time since the epoch.
std::string rfc3339(milliseconds wall_time);

/// The time as strftime(3) writes it; empty if that would take more than 63 characters.
std::string time_text(const char* format, const std::tm& time);

} // namespace holdfast
