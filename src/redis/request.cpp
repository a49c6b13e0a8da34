#include "redis/request.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <memory>
#include <new>
#include <vector>

namespace holdfast {

void Request::add(std::span<const std::string_view> words) {
    std::vector<const char*> data;
    std::vector<size_t> sizes;
    for (const std::string_view word : words) {
        data.push_back(word.data());
        sizes.push_back(word.size());
    }
    char* formatted = nullptr;
    const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), data.data(), sizes.data());
    if (size < 0) throw std::bad_alloc{};
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owner{formatted, &redisFreeCommand};
    bytes_.append(formatted, static_cast<size_t>(size));
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
