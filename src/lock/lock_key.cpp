#include "lock/lock_key.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

namespace holdfast {

std::optional<std::string> not_a_lock_name(std::string_view name) {
    constexpr size_t longest = 200;
    if (name.empty()) return "the name of the lock is empty; is a variable of the shell not set?";
    if (name.size() > longest)
        return fmt::format("the name of a lock has at most {} bytes, this one has {}", longest, name.size());
    const std::string shown = printable(name);
    if (!is_utf8(name))
        return fmt::format("'{}' cannot name a lock, for it is not UTF-8; is the terminal set to another encoding?",
                           shown);
    if (name == "-")
        return "'-' cannot name a lock, and holdfast reads no name from its input; as in: holdfast run \"$(cat)\" -- "
               "COMMAND";
    if (name.find("$(") != std::string_view::npos && has_spaces(name))
        return fmt::format("'{0}' cannot name a lock; in single quotes the shell leaves '$(...)' as it is, so write "
                           "double ones",
                           shown);
    if (name.find('\n') != std::string_view::npos)
        return fmt::format("'{}' cannot name a lock: it has several lines, and a name is one word", shown);
    if (name.find("{{") != std::string_view::npos)
        return fmt::format("'{}' cannot name a lock: a value was to take the place of '{{{{...}}}}', and has not; only "
                           "the program whose template it is does that",
                           shown);
    if (has_spaces(name) || name.find_first_of("{}") != std::string_view::npos)
        return fmt::format("'{}' cannot name a lock; a name has printable characters without spaces and braces", shown);
    if (shown != name)
        return fmt::format("'{}' cannot name a lock: it has characters that cannot be seen; were they copied with it? "
                           "type it anew",
                           shown);
    return {};
}

} // namespace holdfast
