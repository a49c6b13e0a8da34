#include "config/given.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/small_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast {

Failure Given::wrong(std::string_view wanted) const {
    return {source == Source::command_line ? ExitStatus::usage : ExitStatus::configuration,
            fmt::format("{} '{}' is not {}", where, printable(text), wanted)};
}

bool is_on(const Given& given) {
    constexpr std::array on{"yes", "true", "1"};
    constexpr std::array off{"no", "false", "0"};
    if (std::ranges::find(on, given.text) != on.end()) return true;
    if (std::ranges::find(off, given.text) == off.end()) throw given.wrong("yes or no");
    return false;
}

milliseconds duration(const Given& given) {
    const auto parsed = parse_duration(given.text);
    if (!parsed) throw given.wrong("a duration of at most 365d, as in 500ms, 30s, 5m, 2h");
    return *parsed;
}

Secret password_in(const Given& file) {
    const SmallFile read = read_small_file(file.text);
    const auto refuse = [&](const std::string& why) {
        return Failure{ExitStatus::configuration, fmt::format("{} {}: {}", file.where, printable(file.text, 300), why)};
    };
    if (read.others_may_read)
        throw refuse(fmt::format("others may read the password; chmod o-r {}", printable(file.text, 300)));
    // The first line, so that an editor's newline is no part of it.
    std::string password = read.text.substr(0, read.text.find_first_of("\r\n"));
    if (password.empty()) throw refuse("its first line has no password");
    return Secret{std::move(password)};
}

} // namespace holdfast
