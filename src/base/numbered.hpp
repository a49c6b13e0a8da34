// Reads numbers from texts, and from the names in folders of /proc, such as processes and descriptors.
#pragma once

#include <sys/types.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <dirent.h>
#include <limits>
#include <optional>
#include <string_view>

namespace holdfast {

/// The number that the whole text is, in digits; nothing if the text is something else, or the number is negative or
/// above `largest`. Async-signal-safe.
template <typename Number>
std::optional<Number> number_in(std::string_view text, Number largest = std::numeric_limits<Number>::max()) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && number >= 0 && number <= largest ? std::optional{number} : std::nullopt;
}

/// Whether the text is digits alone, at least one, however large the number is.
inline bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Calls `visit` with each name in the open folder that is a number. Reads from the descriptor's place to the end, so a
/// second call with the same descriptor finds nothing. What an entry stands for may be gone when `visit` is called,
/// also because of an earlier `visit`. Async-signal-safe if `visit` is.
template <typename Visit>
void each_number(int folder, Visit visit) {
    alignas(dirent64) std::array<char, 8192> buffer;
    while (true) {
        const ssize_t size = ::getdents64(folder, buffer.data(), buffer.size());
        if (size <= 0) return;
        for (ssize_t at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
            at += entry->d_reclen;
            if (const auto number = number_in<int>(entry->d_name)) visit(*number);
        }
    }
}

} // namespace holdfast
