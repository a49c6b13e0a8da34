#include "base/password_file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/small_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace holdfast {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find_first_of("\r\n")); }

/// A pipe or a terminal may have been read at the start; to read it again could take for ever.
bool is_regular(const std::string& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

} // namespace

Secret read_password(const std::string& what, const std::string& file) {
    const SmallFile read = read_small_file(file);
    const auto refuse = [&](const std::string& why) {
        return Failure{ExitStatus::configuration, fmt::format("{} {}: {}", what, printable(file, 300), why)};
    };
    if (read.others_may_read) throw refuse("others may read the password; " + how_to_keep_from_others(file));
    std::string password = first_line(read.text);
    if (password.empty()) throw refuse("its first line has no password");
    return Secret{std::move(password)};
}

bool read_again(Secret& password, const std::string& file) {
    if (file.empty() || !is_regular(file)) return false;
    try {
        std::string now = first_line(read_small_file(file).text);
        if (now.empty() || now == password.reveal()) return false;
        password = Secret{std::move(now)};
        return true;
    } catch (const Failure&) {
        return false;
    }
}

} // namespace holdfast
