#include "config/given.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast {

Failure Given::wrong(std::string_view wanted) const {
    return {source == Source::command_line ? ExitStatus::usage : ExitStatus::configuration,
            fmt::format("{} '{}' is not {}", where, printable(text), wanted)};
}

bool is_on(const Given& given) {
    constexpr std::array on{"yes", "true", "1"};
    constexpr std::array off{"no", "false", "0"};
    if (std::ranges::find(on, given.text) != on.end()) return true;
    if (std::ranges::find(off, given.text) == off.end()) throw given.wrong("yes or no");
    return false;
}

milliseconds duration(const Given& given, std::string_view or_else) {
    const auto parsed = parse_duration(given.text);
    if (const auto nearest = parsed ? std::nullopt : nearest_duration(given.text))
        throw given.wrong(fmt::format("a duration; did you mean {}?", *nearest));
    if (!parsed) throw given.wrong(fmt::format("a duration of at most 365d, as in 500ms, 30s, 5m, 1h30m{}", or_else));
    return *parsed;
}

} // namespace holdfast
