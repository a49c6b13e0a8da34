#include "base/escape.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace holdfast {
namespace {

/// How many bytes the UTF-8 character at the front takes; 0 if there is no valid, printable one.
size_t character_length(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    uint32_t code = first & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3fU);
    }
    constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    const bool c1_control = code < 0xa0;
    const bool bidi =
        (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return code < smallest[length] || code > 0x10ffff || surrogate || c1_control || bidi ? 0 : length;
}

} // namespace

std::string printable(std::string_view text, size_t limit) {
    std::string out;
    const bool cut = text.size() > limit;
    if (cut) text = text.substr(0, limit);
    while (!text.empty()) {
        const size_t length = character_length(text);
        if (length == 0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        else out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return cut ? out + "..." : out;
}

} // namespace holdfast
