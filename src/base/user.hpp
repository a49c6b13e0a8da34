// The user that runs this program, and the host that it runs on, for people.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unistd.h>

namespace holdfast {

/// The name of the user with our effective user id; nothing if that id has no name. base/user.cpp asks all user
/// databases of this system; the lean program, which is static, reads only /etc/passwd (lean/user.cpp).
std::optional<std::string> user_name();

inline std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown host";
}

} // namespace holdfast
