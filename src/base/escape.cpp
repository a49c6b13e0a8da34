#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

namespace holdfast {
namespace {

struct Character {
    uint32_t code;
    size_t bytes;
};

/// The UTF-8 character at the front of a text that is not empty; nothing if there is no valid one.
std::optional<Character> first_character(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return Character{first, 1};
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
    uint32_t code = first & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3fU);
    }
    constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < smallest[length] || code > 0x10ffff || surrogate) return {};
    return Character{code, length};
}

struct Range {
    uint32_t first, last;
};

bool is_in(std::span<const Range> ranges, uint32_t code) {
    return std::ranges::any_of(ranges, [&](const Range& range) { return code >= range.first && code <= range.last; });
}

/// Control characters, and those of Unicode that turn the direction of text or leave no trace of their own. The joiners
/// U+200C and U+200D are parts of words and of pictures.
constexpr Range unseen[]{{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
                         {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180e, 0x180e}, {0x200b, 0x200b},
                         {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
                         {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
constexpr Range spaces[]{{0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
                         {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};

/// Whether every character of the text is one, and none is in the ranges.
bool has_none_of(std::span<const Range> ranges, std::string_view text) {
    while (!text.empty()) {
        const auto character = first_character(text);
        if (!character || is_in(ranges, character->code)) return false;
        text.remove_prefix(character->bytes);
    }
    return true;
}

} // namespace

std::string printable(std::string_view text, size_t limit) {
    std::string out;
    const bool cut = text.size() > limit;
    if (cut) text = text.substr(0, limit);
    while (!text.empty()) {
        const auto character = first_character(text);
        const bool shown = character && !is_in(unseen, character->code);
        const size_t bytes = shown ? character->bytes : 1;
        if (shown) out += text.substr(0, bytes);
        else out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        text.remove_prefix(bytes);
    }
    return cut ? out + "..." : out;
}

bool is_utf8(std::string_view text) { return has_none_of({}, text); }

bool is_typographic(std::string_view text) {
    // Dashes and quotes of several languages: U+2010 to U+201F, U+2039 and U+203A; then the minus, the acute accent and
    // the angle quotes.
    constexpr Range typographic[]{{0x2010, 0x201f}, {0x2039, 0x203a}, {0x2212, 0x2212},
                                  {0xb4, 0xb4},     {0xab, 0xab},     {0xbb, 0xbb}};
    const auto first = text.empty() ? std::nullopt : first_character(text);
    return first && is_in(typographic, first->code);
}

bool has_spaces(std::string_view text) { return !has_none_of(spaces, text); }

} // namespace holdfast
