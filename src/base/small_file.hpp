// Reads files that people write: a configuration, or a password. A password is the first line of a file of its own, so
// that the newline that an editor adds is no part of it.
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

/// The whole file. Throws Failure (78) if the file cannot be read or has more than 1 MiB.
SmallFile read_small_file(const std::string& path);

/// Advice for a message, for a file that others may read and should not: a chmod, or on a read-only mount what to set
/// in Kubernetes or Docker.
std::string how_to_keep_from_others(const std::string& path);

/// The first line of the file. Throws Failure (78), which names the file, if the file cannot be read, its first line is
/// empty, or users other than its owner and group may read it; in the last two cases the message begins with `what`.
Secret read_password(const std::string& what, const std::string& file);

/// Puts the first line that the file has now into `password`, and returns whether that has changed `password`. Returns
/// false and leaves `password` alone if `file` is "", is no regular file, cannot be read, or has an empty first line.
/// Does not check who may read the file. Waits for no other process, throws no Failure.
bool read_again(Secret& password, const std::string& file);

/// Device and inode of a file, its size, and the time of its last change: two stamps of a path are equal if the file
/// was neither changed nor replaced in between. Nothing: there is no regular file.
using FileStamp = std::optional<std::array<int64_t, 5>>;

/// The stamp of the file at `path`, of the target if it is a symbolic link. Does not open the file.
FileStamp stamp_of(const std::string& path);

} // namespace holdfast
