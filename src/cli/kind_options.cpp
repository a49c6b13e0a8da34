#include "cli/kind_options.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <fmt/format.h>

#include <charconv>

namespace holdfast {

unsigned slot_number(const std::string& text, std::string_view option) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most_slots)
        throw Failure{ExitStatus::usage,
                      fmt::format("{} takes a number from 1 to {}, not '{}'", option, most_slots, printable(text))};
    return number;
}

LockKind kind_of(const Arguments& typed) {
    const bool shared = typed.has("--shared");
    const auto& limit = typed.value("--slots");
    if (shared + typed.has("--exclusive") + limit.has_value() > 1)
        throw Failure{ExitStatus::usage, "--shared, --exclusive and --slots contradict each other; give one of them"};
    if (limit) return {LockKind::Way::slots, slot_number(*limit, "--slots")};
    return {shared ? LockKind::Way::shared : LockKind::Way::exclusive};
}

} // namespace holdfast
