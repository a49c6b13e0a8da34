// How addresses are written for other programs, or in capitals, and how they are written here. Pure.
#pragma once

#include <string_view>

namespace holdfast {

/// The right way to write an address that begins with that scheme ("redis+unix://"); empty if nothing is known of it.
std::string_view meant_by(std::string_view scheme);

} // namespace holdfast
