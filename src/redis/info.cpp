#include "redis/info.hpp"

#include <fmt/format.h>

#include <charconv>

namespace holdfast {

std::optional<std::string_view> info_field(std::string_view info, std::string_view name) {
    const size_t at = info.find(fmt::format("\n{}:", name));
    if (at == std::string_view::npos) return {};
    info.remove_prefix(at + name.size() + 2);
    return info.substr(0, info.find_first_of("\r\n"));
}

std::optional<int64_t> info_number(std::string_view info, std::string_view name) {
    const auto text = info_field(info, name);
    int64_t number = 0;
    if (!text) return {};
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc{} && number >= 0 ? std::optional{number} : std::nullopt;
}

std::optional<std::chrono::seconds> info_seconds(std::string_view info, std::string_view name) {
    constexpr std::chrono::seconds longest = std::chrono::years{100};
    const auto number = info_number(info, name);
    return number && *number <= longest.count() ? std::optional{std::chrono::seconds{*number}} : std::nullopt;
}

} // namespace holdfast
