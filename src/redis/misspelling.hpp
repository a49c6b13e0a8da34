// Recognises addresses as other programs write them, or in capitals, and tells how holdfast writes them. Pure.
#pragma once

#include <string_view>

namespace holdfast {

/// How holdfast writes an address of which `scheme` is the begin up to "://", such as "redis+unix://"; empty if that
/// scheme is not known.
std::string_view meant_by(std::string_view scheme);

} // namespace holdfast
