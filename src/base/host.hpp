// The host that this program runs on, for people.
#pragma once

#include <array>
#include <string>
#include <unistd.h>

namespace holdfast {

inline std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown host";
}

} // namespace holdfast
