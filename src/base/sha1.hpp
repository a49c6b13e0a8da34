// The SHA-1 digest of a text, by which a Redis server knows a script. Nothing here depends on its security.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// The digest in 40 hexadecimal digits, with small letters.
std::string sha1(std::string_view text);

} // namespace holdfast
