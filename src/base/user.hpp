// The user that runs this program, and the host that it runs on, for people.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unistd.h>

namespace holdfast {

/// The name of our effective user; nothing if the user has none. base/user.cpp asks all that this system knows users
/// by; a static program reads only /etc/passwd (lean/lean.hpp).
std::optional<std::string> user_name();

inline std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown host";
}

} // namespace holdfast
