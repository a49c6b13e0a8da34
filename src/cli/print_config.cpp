#include "cli/print_config.hpp"

#include "base/numbered.hpp"
#include "base/split.hpp"
#include "cli/screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

/// The widest line that still moves the column of the comments to the right.
constexpr size_t widest = 40;

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// The value as it would be written in the file.
std::string as_toml(const Option& option, const std::string& value) {
    if (option.kind == Option::Kind::number_or_word && is_number(value)) return value;
    if (option.kind == Option::Kind::toggle || option.kind == Option::Kind::number) return value;
    if (option.kind != Option::Kind::list) return in_quotes(value);
    std::string list;
    for (const std::string_view item : split(value, ',')) list += (list.empty() ? "" : ", ") + in_quotes(item);
    return "[" + list + "]";
}

} // namespace

Exit print_config(const Resolved& resolved) {
    std::vector<std::pair<std::string, std::string>> lines;
    size_t width = 0;
    for (const Option& option : options()) {
        const auto value = option.show(resolved.settings);
        auto given = resolved.given.find(option.name);
        if (given == resolved.given.end()) given = resolved.given.find(option.against);
        const std::string where = given == resolved.given.end() ? "default" : given->second.where;
        if (value && option.in_file) {
            lines.emplace_back(fmt::format("{} = {}", option.name, as_toml(option, *value)), where);
            // One long list of nodes must not move the column for all others.
            if (const size_t size = lines.back().first.size(); size <= widest) width = std::max(width, size);
        } else if (value) lines.emplace_back(fmt::format("# {}: {} ({})", option.name, *value, where), "");
        else lines.emplace_back(fmt::format("# {}: not set", option.name), "");
    }
    std::string text;
    for (const auto& [line, where] : lines)
        text += where.empty() ? line + "\n" : fmt::format("{:{}}  # {}\n", line, width, where);
    show(text);
    return ExitStatus::ok;
}

} // namespace holdfast
