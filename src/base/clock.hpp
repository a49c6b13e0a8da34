// The one clock of all lock logic: CLOCK_BOOTTIME, which goes on while the machine is suspended, and which nobody can
// set. Wall time is for what people read, and has a function and a type of its own, so that the two cannot be mixed.
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

/// The instant in UTC, as "2026-11-24T03:00:00.000Z". `wall_time` is the time since 1970.
std::string rfc3339(milliseconds wall_time);

/// The time as strftime(3) writes it with `format`; empty if that would take more than 63 characters.
std::string time_text(const char* format, const std::tm& time);

} // namespace holdfast
