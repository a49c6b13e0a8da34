// What a server answers to INFO: lines of "name:value" under headings.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// The value of a field, which points into `info`; nothing where there is none.
std::optional<std::string_view> info_field(std::string_view info, std::string_view name);
/// The whole number that a field begins with; nothing where it begins with none.
std::optional<int64_t> info_number(std::string_view info, std::string_view name);
/// A field in seconds; nothing if the number is larger than any real duration.
std::optional<std::chrono::seconds> info_seconds(std::string_view info, std::string_view name);

} // namespace holdfast
