// A password that stands in a file of its own, as the first line, so that an editor's newline is no part of it.
#pragma once

#include "base/secret.hpp"

#include <string>

namespace holdfast {

/// Throws Failure (78), which begins with `what` and names the file, if the file cannot be read, has no password, or
/// may be read by users other than its owner and group.
Secret read_password(const std::string& what, const std::string& file);

/// Takes into `password` what the file has now. Returns whether that is another password; false for "" as the file, and
/// while a regular file with a password cannot be read there. Waits for no other process, throws no Failure.
bool read_again(Secret& password, const std::string& file);

} // namespace holdfast
