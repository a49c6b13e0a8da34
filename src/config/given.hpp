// A value as the user wrote it, and functions that read it. If the value is wrong, these throw a Failure that says
// where the value was given and what a right value is.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace holdfast {

/// Where a value was given, the strongest source first.
enum class Source { command_line, environment, profile, file };

struct Given {
    Source source;
    std::string where; ///< "--ttl", "HOLDFAST_TTL", "/etc/holdfast.toml:3: ttl"
    std::string text;

    /// The Failure to throw if this value is wrong: its text is "--ttl '5q' is not " and then `wanted`, its exit status
    /// 64 if the value is of the command line, otherwise 78.
    Failure wrong(std::string_view wanted) const;
};

/// Values by the option's name.
using Layer = std::map<std::string, Given, std::less<>>;

/// True for yes, true and 1, false for no, false and 0; throws Failure for any other text.
bool is_on(const Given&);

/// The value as a duration. Throws Failure if it is none: the message says what a duration looks like, and ends with
/// the text `or_else`, as in ", or off".
milliseconds duration(const Given&, std::string_view or_else = "");

template <typename Number>
Number number(const Given& given, Number smallest, Number largest, std::string_view wanted) {
    Number value{};
    const char* end = given.text.data() + given.text.size();
    const auto [parsed_to, error] = std::from_chars(given.text.data(), end, value);
    if (error != std::errc{} || parsed_to != end || !(value >= smallest && value <= largest)) throw given.wrong(wanted);
    return value;
}

} // namespace holdfast
