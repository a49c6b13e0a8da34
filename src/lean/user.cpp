#include "base/user.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <pwd.h>
#include <unistd.h>

namespace holdfast {
namespace {

struct Close {
    void operator()(FILE* file) const { std::fclose(file); }
};

std::optional<std::string> look_up() {
    const std::unique_ptr<FILE, Close> file{std::fopen("/etc/passwd", "re")};
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> buffer;
    while (file && ::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0)
        if (entry.pw_uid == ::geteuid()) return entry.pw_name;
    return {};
}

} // namespace

std::optional<std::string> user_name() {
    static const std::optional<std::string> name = look_up();
    return name;
}

} // namespace holdfast
