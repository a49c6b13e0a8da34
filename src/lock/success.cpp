#include "lock/success.hpp"

#include "base/numbered.hpp"

#include <string>

namespace holdfast {

std::optional<Success> Success::parse(std::string_view mark, milliseconds left) {
    const size_t space = mark.find(' ');
    const auto lasts = number_in<milliseconds::rep>(mark.substr(0, space));
    if (space == std::string_view::npos || !lasts || *lasts < left.count() || left <= milliseconds{0}) return {};
    return Success{Record::parse(std::string{mark.substr(space + 1)}), milliseconds{*lasts} - left, left};
}

} // namespace holdfast
