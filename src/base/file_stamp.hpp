// Tells a file that was changed or replaced from one that was not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast {

/// Which file it is, its size, and when it was changed. Nothing: there is no regular file.
using FileStamp = std::optional<std::array<int64_t, 5>>;

/// Follows symbolic links. Opens nothing.
FileStamp stamp_of(const std::string& path);

} // namespace holdfast
