// Durations as people type and read them.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// Reads "500ms", "30s", "5m", "2h", "1d" or several units from large to small, as "1h30m", also with decimals; a bare
/// number is seconds, as in flock(1) and timeout(1). Returns nothing for a text that is negative, longer than 365 days,
/// or not a duration. Rounds fractions of a millisecond up, so that only a zero gives 0.
std::optional<milliseconds> parse_duration(std::string_view text);

/// What a text that is not a duration was likely meant for, as "30s" for "3Os" and "5m" for "5 Min."; nothing if that
/// is not clear.
std::optional<std::string> nearest_duration(std::string_view text);

/// For people, rounded down to the two largest units: "3m12s", "27s", "1d4h", "5m"; below ten seconds to tenths or to
/// milliseconds: "1.5s", "250ms".
std::string format_duration(nanoseconds);

/// The exact duration as one number with the largest unit that leaves no rest: "90s", "1500ms", "5m". parse_duration
/// reads it back.
std::string format_exactly(milliseconds);

/// For measured times: "0.04 ms", "0.4 ms", "12 ms", "1.2 s".
std::string format_latency(nanoseconds);

} // namespace holdfast
