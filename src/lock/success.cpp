#include "lock/success.hpp"

#include <charconv>
#include <string>

namespace holdfast {

std::optional<Success> Success::parse(std::string_view mark, milliseconds left) {
    const std::string_view number = mark.substr(0, mark.find(' '));
    milliseconds::rep lasts = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), lasts);
    if (error != std::errc{} || end == mark.data() + mark.size() || *end != ' ' || lasts < left.count()) return {};
    if (left <= milliseconds{0}) return {};
    return Success{Record::parse(std::string{mark.substr(number.size() + 1)}), milliseconds{lasts} - left, left};
}

} // namespace holdfast
