#include "redis/request.hpp"

#include <fmt/format.h>

namespace holdfast {

void Request::add(std::span<const std::string_view> words) {
    bytes_ += fmt::format("*{}\r\n", words.size());
    for (const std::string_view word : words) bytes_.append(fmt::format("${}\r\n", word.size())).append(word) += "\r\n";
    ++commands_;
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
