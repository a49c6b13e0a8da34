// Files that people write, read whole: a configuration, a password, which stands in the first line of a file of its
// own, so that an editor's newline is no part of it.
#pragma once

#include "base/secret.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast {

struct SmallFile {
    std::string text;
    bool others_may_read = false; ///< users other than the owner and the group
};

/// Throws Failure (78) if the file cannot be read or is larger than people write.
SmallFile read_small_file(const std::string& path);

/// What to do where others may read the file: advice that can be followed on a mount that is read-only, too.
std::string how_to_keep_from_others(const std::string& path);

/// Throws Failure (78), which begins with `what` and names the file, if the file cannot be read, has no password, or
/// may be read by users other than its owner and group.
Secret read_password(const std::string& what, const std::string& file);

/// Takes into `password` what the file has now. Returns whether that is another password; false for "" as the file, and
/// while a regular file with a password cannot be read there. Waits for no other process, throws no Failure.
bool read_again(Secret& password, const std::string& file);

/// Which file it is, its size, and when it was changed, which tells a file that was changed or replaced from one that
/// was not. Nothing: there is no regular file.
using FileStamp = std::optional<std::array<int64_t, 5>>;

/// Follows symbolic links. Opens nothing.
FileStamp stamp_of(const std::string& path);

} // namespace holdfast
