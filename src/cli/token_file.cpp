#include "cli/token_file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/fd.hpp"
#include "base/small_file.hpp"
#include "cli/exit.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

/// Why a file at that path must not be replaced; nothing if it may be, or there is none.
std::optional<std::string> not_to_be_replaced(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return {};
    // A device such as /dev/null, and the target of a link, must not be replaced.
    if (S_ISLNK(info.st_mode)) return "it is a symbolic link; name the file itself";
    if (!S_ISREG(info.st_mode)) return "it is no ordinary file";
    if (info.st_uid != ::geteuid()) return "it belongs to another user; name a file of your own, or a new one";
    return {};
}

} // namespace

void write_token(const std::string& path, const Token& token) {
    const std::string problem =
        fmt::format("cannot write the token to {}, so the lock was released", printable(path, 300));
    if (const auto why = not_to_be_replaced(path))
        throw Failure{ExitStatus::internal, fmt::format("{}: {}", problem, *why)};
    // A new file beside it is renamed, so that a file which others have open, or made beforehand, never has the token.
    std::string beside = path.substr(0, path.rfind('/') + 1) + ".holdfast-XXXXXX";
    const Fd fd{::mkostemp(beside.data(), O_CLOEXEC)};
    if (!fd && path.starts_with("~/"))
        throw Failure{ExitStatus::internal,
                      fmt::format("{}: {}; the shell leaves '~' as it is behind '=', so write --token-file ~/FILE",
                                  problem, errno_text(errno))};
    if (!fd) throw system_failure(problem);
    if (write_all(fd.get(), token.text() + "\n") && ::rename(beside.c_str(), path.c_str()) == 0) return;
    const int error = errno;
    ::unlink(beside.c_str());
    throw Failure{ExitStatus::internal, fmt::format("{}: {}", problem, errno_text(error))};
}

void refuse_token_file(const std::string& path) {
    constexpr std::array outputs{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"};
    if (std::ranges::count(outputs, path) > 0)
        throw misuse("without --token-file the token goes to standard output; leave it out");
    if (const auto why = not_to_be_replaced(path)) throw misuse("--token-file {}: {}", printable(path, 300), *why);
}

Token read_token(const std::string& path) {
    const std::string where = fmt::format("--token-file {}", printable(path, 300));
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
        throw misuse("{}: no such file; holdfast acquire --token-file FILE NAME writes it", where);
    const std::string text = trimmed(read_small_file(path).text);
    if (text.empty())
        throw misuse("{} is empty; without its token a lock ends by its TTL, or by holdfast force-release NAME", where);
    return parse_token(text, where);
}

Token parse_token(const std::string& text, const std::string& where) {
    if (const auto token = Token::parse(text)) return *token;
    if (text.starts_with('{'))
        throw misuse("{} has the object of acquire --json, and its field token is wanted, as by: --token \"$(jq -r "
                     ".token FILE)\"",
                     where);
    std::error_code none;
    throw misuse("{} has no token as acquire prints it{}", where,
                 text.empty()                          ? "; is a variable of the shell not set?"
                 : text.starts_with('"')               ? "; leave the quotes around it out (jq -r prints none)"
                 : text.starts_with("unset ")          ? "; eval sets what acquire --export prints, then --token "
                                                         "\"$HOLDFAST_TOKEN\""
                 : std::filesystem::exists(text, none) ? "; --token-file reads it from a file"
                                                       : "");
}

} // namespace holdfast
