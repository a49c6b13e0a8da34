#include "cli/help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace holdfast {
namespace {

using OptionSyntax = CommandSyntax::Option;

constexpr size_t width = 80;
constexpr size_t behind_commands = 17; ///< the column where it is said what a command does
constexpr size_t behind_options = 28;

/// Broken between words; every line but the first is indented by that much, and the first stands there already.
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

std::string row(const std::string& what, const std::string& does, size_t column) {
    const std::string left = "  " + what;
    const std::string gap =
        left.size() < column ? std::string(column - left.size(), ' ') : "\n" + std::string(column, ' ');
    return left + gap + wrapped(does, column) + "\n";
}

std::string rows(const std::string& title, const std::vector<OptionSyntax>& options) {
    if (options.empty()) return "";
    std::string text = "\n" + title + ":\n";
    for (const auto& [spellings, value, help] : options)
        text += row(fmt::format("{}{}{}", fmt::join(spellings, ","), value.empty() ? "" : " ", value), help,
                    behind_options);
    return text;
}

std::string usage(const CommandSyntax& command) {
    if (command.name.empty()) return "Usage: holdfast [OPTIONS] COMMAND ...\n";
    if (command.name == "run")
        return "Usage: holdfast run [OPTIONS] NAME [--] COMMAND [ARGUMENT...]\n"
               "       holdfast run [OPTIONS] NAME -c 'STRING'\n";
    const std::string argument = command.argument_required ? command.argument : "[" + command.argument + "]";
    return fmt::format("Usage: holdfast {} [OPTIONS]{}\n", command.name,
                       command.argument.empty() ? "" : " " + argument);
}

std::string as_sentence(std::string text) {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return wrapped(text + ".", 0) + "\n";
}

bool takes_durations(const CommandSyntax& command) {
    return std::ranges::any_of(command.options,
                               [](const OptionSyntax& option) { return option.value.starts_with("DURATION"); });
}

} // namespace

std::string help_text(const std::vector<CommandSyntax>& commands, const std::string& command) {
    const CommandSyntax& program = commands.front();
    const CommandSyntax& asked = *std::ranges::find(commands, command, &CommandSyntax::name);
    std::vector<OptionSyntax> own;
    std::vector<OptionSyntax> general;
    for (const OptionSyntax& option : asked.options) {
        const bool everywhere =
            std::ranges::find(program.options, option.spellings, &OptionSyntax::spellings) != program.options.end();
        (everywhere ? general : own).push_back(option);
    }
    std::string text = usage(asked) + as_sentence(asked.help);
    if (command.empty()) {
        text += "\nCommands:\n";
        for (const CommandSyntax& one : commands)
            if (!one.name.empty()) text += row(one.name, one.help, behind_commands);
        text += rows("Options, before or behind the command", general);
    } else text += rows("Options", own) + rows("Options of every command", general);
    text += "\n";
    if (takes_durations(asked)) text += "Durations have a unit (500ms, 30s, 5m, 2h, 1d); a bare number is seconds.\n";
    if (!asked.exit_status.empty()) text += wrapped("The exit status is " + asked.exit_status, 0) + "\n";
    return text + "holdfast(1) has it all.\n";
}

} // namespace holdfast
