#include "redis/request.hpp"

#include <fmt/format.h>

namespace holdfast {

void Request::add(std::span<const std::string_view> words) {
    const auto header = [this](char kind, size_t number) {
        bytes_.append(1, kind).append(fmt::format_int{number}.c_str()).append("\r\n");
    };
    header('*', words.size());
    for (const std::string_view word : words) {
        header('$', word.size());
        bytes_.append(word).append("\r\n");
    }
    ++commands_;
}

std::string_view Request::name() const {
    // A command begins with three lines: "*" and the number of words, "$" and the number of bytes, and its name.
    const size_t begin = bytes_.find('\n', bytes_.find('$')) + 1;
    return std::string_view{bytes_}.substr(begin, bytes_.find('\r', begin) - begin);
}

std::string argument(int64_t number) { return fmt::format("{}", number); }
std::string argument(std::chrono::milliseconds duration) { return argument(int64_t{duration.count()}); }

std::string glob_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view{"*?[]^-\\"}.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

} // namespace holdfast
