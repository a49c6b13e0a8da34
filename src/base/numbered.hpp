// Texts that are numbers, and folders of /proc whose entries are: processes and descriptors.
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

/// The whole number from 0 to `largest` that the text is; nothing if it is none. Async-signal-safe.
template <typename Number>
std::optional<Number> number_in(std::string_view text, Number largest = std::numeric_limits<Number>::max()) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && number >= 0 && number <= largest ? std::optional{number} : std::nullopt;
}

/// Calls `visit` with each number in the open folder. An entry may vanish meanwhile, also because of `visit` itself.
/// Async-signal-safe if `visit` is.
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
