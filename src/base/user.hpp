// The user that runs this program, for people.
#pragma once

#include <optional>
#include <string>

namespace holdfast {

/// The name of our effective user; nothing if the user has none. base/user.cpp asks all that this system knows users
/// by; a static program reads only /etc/passwd (lean/lean.hpp).
std::optional<std::string> user_name();

} // namespace holdfast
