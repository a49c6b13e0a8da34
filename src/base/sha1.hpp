// The SHA-1 digest of a text, by which a Redis server knows a script. It proves nothing and protects nothing here.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// In 40 hexadecimal digits.
std::string sha1(std::string_view text);

} // namespace holdfast
