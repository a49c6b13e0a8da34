// Splits text at a separator.
#pragma once

#include <string_view>
#include <vector>

namespace holdfast {

/// The parts before, between and behind the separators: one more than there are separators, some perhaps empty. The
/// parts point into `text`.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (size_t end = 0; end != std::string_view::npos; text.remove_prefix(end == text.npos ? 0 : end + 1)) {
        end = text.find(separator);
        parts.push_back(text.substr(0, end));
    }
    return parts;
}

} // namespace holdfast
