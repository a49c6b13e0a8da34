// Durations as people type and read them.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// "500ms", "30s", "5m", "2h", "1d", decimals too; a bare number is seconds, as in flock(1) and timeout(1). Nothing for
/// a text that is negative, longer than 365 days, or not a duration. Fractions of a millisecond are rounded up, so that
/// only a zero gives 0.
std::optional<milliseconds> parse_duration(std::string_view text);

/// The two largest units: "3m12s", "27s", "1d4h"; below ten seconds finer: "1.5s", "250ms".
std::string format_duration(nanoseconds);

/// As one number that parse_duration reads back: "90s", "1500ms", "5m".
std::string format_exactly(milliseconds);

/// For measured times: "0.04 ms", "0.4 ms", "12 ms", "1.2 s".
std::string format_latency(nanoseconds);

} // namespace holdfast
