#include "cli/help.hpp"

#include "base/split.hpp"
#include "cli/command.hpp"

#include <CLI/Version.hpp>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <nlohmann/json.hpp>
#include <openssl/opensslv.h>
#include <toml++/toml.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

constexpr size_t width = 80;
constexpr size_t behind_commands = 17; ///< the column in which the text on a command begins
constexpr size_t behind_options = 28;

/// Wraps the text between words. The caller has indented the first line; all others get `indent` spaces.
std::string wrapped(std::string_view text, size_t indent) {
    std::string lines;
    size_t used = indent;
    for (size_t begin = 0; begin < text.size();) {
        const std::string_view word = text.substr(begin, text.find(' ', begin) - begin);
        const bool fits = used + 1 + word.size() <= width;
        if (!lines.empty()) lines += fits ? " " : "\n" + std::string(indent, ' ');
        used = (fits ? used + 1 : indent) + word.size();
        lines += word;
        begin += word.size() + 1;
    }
    return lines;
}

std::string row(std::string_view what, std::string_view does, size_t column) {
    const std::string left = fmt::format("  {}", what);
    const std::string gap =
        left.size() < column ? std::string(column - left.size(), ' ') : "\n" + std::string(column, ' ');
    return left + gap + wrapped(does, column) + "\n";
}

std::string rows(const std::string& title, const std::vector<OptionSyntax>& options) {
    if (options.empty()) return "";
    std::string text = "\n" + title + ":\n";
    for (const auto& [spellings, value, help] : options)
        text += row(fmt::format("{}{}{}", spellings, value.empty() ? "" : " ", value), help, behind_options);
    return text;
}

std::string usage(const CommandRow& command) {
    std::string text;
    for (const std::string_view way : split(command.synopsis, '\n'))
        text += fmt::format("{} holdfast{}{} [OPTIONS]{}{}\n", text.empty() ? "Usage:" : "      ",
                            command.name.empty() ? "" : " ", command.name, way.empty() ? "" : " ", way);
    return text;
}

std::string as_sentence(std::string text) {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return wrapped(text + ".", 0) + "\n";
}

} // namespace

std::string help_text(const CommandRow& command) {
    const std::vector<OptionSyntax> everywhere = options_of(program_row);
    std::vector<OptionSyntax> own = options_of(command);
    std::string text =
        fmt::format("{}{}\n  {}\n", usage(command), as_sentence(std::string{command.help}), command.example);
    if (&command == &program_row) {
        text += "\nCommands:\n";
        for (const CommandRow* one : commands) text += row(one->name, one->help, behind_commands);
        text += rows("Options, before or behind the command", everywhere);
    } else {
        std::erase_if(own, [&](const OptionSyntax& option) {
            return std::ranges::count(everywhere, option.spellings, &OptionSyntax::spellings) > 0;
        });
        text += rows("Options", own) + "\nAnd those of every command: holdfast --help\n";
    }
    text += "\nDurations have a unit (500ms, 30s, 5m, 1h30m, 1d); a bare number is seconds.\n";
    if (!command.exit_status.empty())
        text += wrapped(fmt::format("The exit status is {}", command.exit_status), 0) + "\n";
    return text + "holdfast(1) has it all.\n";
}

std::string version_text() {
    return fmt::format(
        "holdfast {}\nwith hiredis {}.{}.{}, fmt {}.{}.{}, CLI11 {}, toml++ {}.{}.{}, json {}.{}.{}, OpenSSL {}\n",
        HOLDFAST_VERSION, HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
        FMT_VERSION % 100, CLI11_VERSION, TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH, NLOHMANN_JSON_VERSION_MAJOR,
        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH, OPENSSL_VERSION_STR);
}

} // namespace holdfast
