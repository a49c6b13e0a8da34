// Text that came from elsewhere (a node, another user's record), made safe for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// The text with control characters, characters that cannot be seen or turn the direction of text, and bytes that are
/// not valid UTF-8 as \xNN; the rest stays. Takes the first `limit` bytes of the text; if it is longer, "..." follows.
std::string printable(std::string_view text, size_t limit = 200);

bool is_utf8(std::string_view text);
/// Whether the text begins with a dash or a quote that text editors make, and keyboards of programmers do not.
bool is_typographic(std::string_view text);
/// Whether the text, which is UTF-8, has a space of any width.
bool has_spaces(std::string_view text);

} // namespace holdfast
