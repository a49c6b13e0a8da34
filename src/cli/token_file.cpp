#include "cli/token_file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/fd.hpp"
#include "base/small_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>

namespace holdfast {
namespace {

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    return text;
}

} // namespace

void write_token(const std::string& path, const Token& token) {
    const std::string text = token.text() + "\n";
    const std::string problem =
        fmt::format("cannot write the token to {}, so the lock was released", printable(path, 300));
    // Without waiting: a pipe may have no reader.
    const Fd fd{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600)};
    if (!fd && errno != ENXIO) throw system_failure(problem);
    struct stat info {};
    // The rights of /dev/null are not ours to change.
    if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
        throw Failure{ExitStatus::internal, fmt::format("{}: it is no ordinary file", problem)};
    if (::fchmod(fd.get(), 0600) != 0 ||
        ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw system_failure(problem);
}

Token read_token(const std::string& path) { return parse_token(trimmed(read_small_file(path).text), "--token-file"); }

Token parse_token(const std::string& text, const std::string& where) {
    const size_t point = text.find('.');
    Token token{text.substr(0, point), 0};
    const std::string attempt = point == std::string::npos ? "" : text.substr(point + 1);
    const auto [end, error] = std::from_chars(attempt.data(), attempt.data() + attempt.size(), token.attempt);
    const bool hexadecimal = token.run.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (token.run.empty() || !hexadecimal || error != std::errc{} || end != attempt.data() + attempt.size())
        throw Failure{ExitStatus::usage, fmt::format("{} has no token as acquire prints it", where)};
    return token;
}

} // namespace holdfast
