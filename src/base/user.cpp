#include "base/user.hpp"

#include <pwd.h>
#include <unistd.h>
#include <vector>

namespace holdfast {

std::optional<std::string> user_name() {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> buffer(4096);
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return found->pw_name;
    return {};
}

} // namespace holdfast
