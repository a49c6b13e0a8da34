// A whole file that people write: a configuration, a password.
#pragma once

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

} // namespace holdfast
