#include "base/duration.hpp"

#include "base/numbered.hpp"
#include "base/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace holdfast {
namespace {

struct Unit {
    std::string_view name;
    double in_ms;
};

constexpr std::array<Unit, 6> units{{{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};
constexpr double longest_ms = 365 * 86400e3;

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
    double ms = 0;
    double larger_unit = std::numeric_limits<double>::infinity();
    do {
        // from_chars would take "inf", "nan" and "-1": a duration starts with a digit or a point.
        if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) return {};
        double number = 0;
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
        if (error != std::errc{}) return {};
        text.remove_prefix(static_cast<size_t>(end - text.data()));
        const std::string_view name = text.substr(0, text.find_first_of(".0123456789"));
        const auto unit = std::ranges::find(units, name, &Unit::name);
        // Only a bare number needs no unit, and 1h30m goes from the large unit to the small one.
        const bool first = std::isinf(larger_unit);
        if (unit == units.end() || unit->in_ms >= larger_unit || (name.empty() && !(first && text.empty()))) return {};
        ms += number * unit->in_ms;
        larger_unit = unit->in_ms;
        text.remove_prefix(name.size());
    } while (!text.empty());
    if (ms > longest_ms) return {};
    return milliseconds{static_cast<milliseconds::rep>(std::ceil(ms))};
}

std::optional<std::string> nearest_duration(std::string_view text) {
    std::string plain;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        const bool in_number = i > 0 && (is_digit(text[i - 1]) || text[i - 1] == '.');
        const bool between_numbers = in_number && i + 1 < text.size() && is_digit(text[i + 1]);
        if (c == 'o' && in_number) plain += '0';
        else if ((c != ' ' && c != ',') || between_numbers) plain += c;
    }
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> words{{
        {"milliseconds|millis|msecs|msec", "ms"},
        {"seconds|second|secs|sec", "s"},
        {"minutes|minute|mins|min", "m"},
        {"hours|hour|hrs|hr|std", "h"},
        {"days|day", "d"},
        {"weeks|week", "w"},
    }};
    if (plain.ends_with('.')) plain.pop_back();
    for (const auto& [spellings, unit] : words)
        for (const std::string_view spelling : split(spellings, '|'))
            if (const size_t at = plain.find(spelling); at != std::string::npos) {
                plain.replace(at, spelling.size(), unit);
                break;
            }
    // The longest duration, 365d, has 52 whole weeks.
    if (const auto weeks = plain.ends_with('w') ? number_in<int>(plain.substr(0, plain.size() - 1), 52) : std::nullopt)
        plain = fmt::format("{}d", *weeks * 7);
    return parse_duration(plain) ? std::optional{plain} : std::nullopt;
}

std::string format_duration(nanoseconds duration) {
    const auto ms = std::chrono::duration_cast<milliseconds>(duration).count();
    if (ms < 1000) return fmt::format("{}ms", ms);
    if (ms < 10'000 && ms % 1000 != 0) return fmt::format("{}.{}s", ms / 1000, ms % 1000 / 100);
    const auto s = ms / 1000;
    if (s < 60) return fmt::format("{}s", s);
    const auto two = [](auto large, char large_unit, auto small, char small_unit) {
        return small == 0 ? fmt::format("{}{}", large, large_unit)
                          : fmt::format("{}{}{}{}", large, large_unit, small, small_unit);
    };
    if (s < 3600) return two(s / 60, 'm', s % 60, 's');
    if (s < 86400) return two(s / 3600, 'h', s % 3600 / 60, 'm');
    return two(s / 86400, 'd', s % 86400 / 3600, 'h');
}

std::string format_exactly(milliseconds duration) {
    if (duration == milliseconds{0}) return "0s";
    const Unit* largest = &units[1];
    for (const Unit& unit : units)
        if (unit.name != "" && duration.count() % static_cast<int64_t>(unit.in_ms) == 0) largest = &unit;
    return fmt::format("{}{}", duration.count() / static_cast<int64_t>(largest->in_ms), largest->name);
}

std::string format_latency(nanoseconds latency) {
    const double ms = static_cast<double>(latency.count()) / 1e6;
    if (ms < 0.1) return fmt::format("{:.2f} ms", ms);
    if (ms < 10) return fmt::format("{:.1f} ms", ms);
    if (ms < 1000) return fmt::format("{:.0f} ms", ms);
    return fmt::format("{:.1f} s", ms / 1e3);
}

} // namespace holdfast
