// Folders of /proc whose entries are numbers: processes and descriptors.
#pragma once

#include <sys/types.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <dirent.h>
#include <string_view>

namespace holdfast {

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
            const std::string_view name{entry->d_name};
            int number = 0;
            const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
            if (error == std::errc{} && end == name.data() + name.size()) visit(number);
        }
    }
}

} // namespace holdfast
