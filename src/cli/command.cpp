#include "cli/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace holdfast {
namespace {

constexpr std::array program_options{
    OptionSyntax{"--version", "", "print the version"},
    OptionSyntax{"--print-config", "", "print every setting and where it came from"},
};

} // namespace

constinit const CommandRow program_row{
    .name = "",
    .synopsis = "COMMAND ...",
    .help = "hold a distributed lock in Redis around a command",
    .example = "holdfast run --node local: hello -- echo 'the lock is held'",
    .exit_status = as_the_command,
    .options = program_options,
};

const CommandRow* find_command(std::string_view name) {
    const auto* found = std::ranges::find(commands, name, &CommandRow::name);
    return found == commands.end() ? nullptr : *found;
}

std::string full_name(const CommandRow& command) {
    return command.name.empty() ? "holdfast" : fmt::format("holdfast {}", command.name);
}

bool takes_locks(const CommandRow& command) { return command.settings != Option::Scope::everywhere; }

std::string_view CommandRow::argument() const {
    const std::string_view words = synopsis.starts_with('[') ? synopsis.substr(1) : synopsis;
    return words.substr(0, words.find_first_of(" []"));
}

std::optional<milliseconds> Arguments::duration(std::string_view option) const {
    const auto& text = value(option);
    if (!text) return {};
    return holdfast::duration({Source::command_line, std::string{option}, *text});
}

void Arguments::refuse_several_of(const std::vector<std::string_view>& options) const {
    if (std::ranges::count_if(options, [&](std::string_view option) { return has(option); }) > 1)
        throw misuse("{} contradict each other; give one of them", in_words(options));
}

std::string in_words(const std::vector<std::string_view>& words) {
    if (words.size() < 2) return std::string{words.empty() ? "" : words.front()};
    return fmt::format("{} and {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

void give(Layer& settings, const Option& setting, std::string value) {
    const auto earlier = settings.find(setting.name);
    if (setting.kind == Option::Kind::list && earlier != settings.end() && !earlier->second.text.empty())
        value = earlier->second.text + "," + value;
    settings.insert_or_assign(std::string{setting.name}, Given{Source::command_line, setting.flag(), std::move(value)});
}

std::vector<OptionSyntax> options_of(const CommandRow& row) {
    std::vector<OptionSyntax> all{{"-h,--help", "", "show this help"}};
    const auto add_settings = [&](bool of_every_command) {
        for (const Option& option : options())
            if (!option.spellings.empty() && option.scope <= row.settings &&
                (option.scope == Option::Scope::everywhere) == of_every_command)
                all.push_back({option.spellings, option.value, option.help});
    };
    add_settings(false);
    all.insert(all.end(), row.options.begin(), row.options.end());
    add_settings(true);
    return all;
}

std::optional<OptionSyntax> find_option(const CommandRow& row, std::string_view spelling) {
    for (const OptionSyntax& option : options_of(row))
        if (std::ranges::count(split_spellings(option.spellings), spelling) > 0) return option;
    return {};
}

} // namespace holdfast
