// The user that runs this program, for people.
#pragma once

#include <optional>
#include <string>

namespace holdfast {

/// The name of our effective user, by all that this system knows; nothing when it has none.
/// (base/user.cpp; a static program knows /etc/passwd alone: lean/lean.hpp)
std::optional<std::string> user_name();

} // namespace holdfast
