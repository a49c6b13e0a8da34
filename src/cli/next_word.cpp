#include "cli/next_word.hpp"

#include "base/split.hpp"
#include "cli/command.hpp"
#include "config/options.hpp"
#include "doctor/finding.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast {
namespace {

using Kind = NextWord::Kind;

/// Which command and options the words before the one that is being typed have given.
class Place {
  public:
    void pass(const std::string& word) {
        const bool is_ours = !options_are_over();
        if (const auto value_of = std::exchange(option, {})) set(*value_of, word);
        else if (is_ours && word == "--") behind_dashes = true;
        else if (is_ours && word.starts_with('-')) pass_option(word);
        else if (command != &program_row) ++arguments;
        else if (const CommandRow* found = find_command(word)) command = found;
    }

    bool runs_a_command() const { return command->behind == CommandRow::Behind::command; }
    /// Whether the next word is the command to run, or one of its words.
    bool options_are_over() const { return behind_dashes || (runs_a_command() && arguments > 1); }

    const CommandRow* command = &program_row;
    std::optional<OptionSyntax> option; ///< the option whose value comes next
    size_t arguments = 0;               ///< how many arguments of holdfast's command so far
    bool behind_dashes = false;
    Layer settings;

  private:
    void pass_option(const std::string& word) {
        const size_t equals = word.find('=');
        const auto found = find_option(*command, std::string_view{word}.substr(0, equals));
        if (!found || found->value.empty()) return;
        if (equals == std::string::npos) option = found;
        else set(*found, word.substr(equals + 1));
    }

    void set(const OptionSyntax& typed, const std::string& value) {
        const auto setting = std::ranges::find(options(), typed.spellings, &Option::spellings);
        if (setting != options().end()) give(settings, *setting, value);
    }
};

/// The words to choose from: both of "stop|ignore", but only the second of "DURATION|off", because those in capital
/// letters stand for other words.
std::vector<NextWord::Word> choices(std::string_view value) {
    std::vector<NextWord::Word> words;
    if (value.find('|') == std::string_view::npos) return words;
    for (const std::string_view word : split(value, '|'))
        if (std::ranges::none_of(word, [](char c) { return c >= 'A' && c <= 'Z'; }))
            words.push_back({std::string{word}});
    return words;
}

void expect_value(NextWord& next, const OptionSyntax& option) {
    if (option.spellings == "--profile") next.kind = Kind::profile;
    else if (option.value == "FILE" || option.value == "DIR" ||
             (option.value.ends_with("|FILE") && next.begun.find('/') != std::string::npos))
        next.kind = Kind::file;
    else if (option.spellings == "--accept")
        for (const std::string_view check : checks) next.words.push_back({std::string{check}});
    else next.words = choices(option.value);
}

std::vector<NextWord::Word> command_words() {
    std::vector<NextWord::Word> words;
    for (const CommandRow* one : commands) words.push_back({std::string{one->name}, std::string{one->help}});
    return words;
}

void expect_argument(NextWord& next, const CommandRow& command) {
    if (command.argument() == "SHELL") next.words = {{"bash"}, {"zsh"}, {"fish"}};
    else if (command.argument() == "COMMAND") next.words = command_words();
    else if (command.argument() == "stop") next.words = {{"stop"}};
    else if (!command.argument().empty()) next.kind = Kind::lock;
    const size_t comma = next.begun.rfind(',');
    if (command.behind != CommandRow::Behind::command || comma == std::string::npos) return;
    next.before = next.begun.substr(0, comma + 1);
    next.begun.erase(0, comma + 1);
}

} // namespace

NextWord next_word(const std::vector<std::string>& typed) {
    Place place;
    for (size_t i = 0; i + 1 < typed.size(); ++i) place.pass(typed[i]);

    NextWord next;
    next.settings = place.settings;
    next.begun = typed.empty() ? "" : typed.back();
    const size_t equals = next.begun.find('=');
    const bool is_option = next.begun.starts_with('-');
    if (place.option) expect_value(next, *place.option);
    else if (place.runs_a_command() && place.arguments > 0 && (place.options_are_over() || !is_option))
        next.kind = place.arguments == 1 ? Kind::program : Kind::file;
    else if (const auto option = next.begun.starts_with("--") && equals != std::string::npos
                                     ? find_option(*place.command, std::string_view{next.begun}.substr(0, equals))
                                     : std::nullopt) {
        next.before = next.begun.substr(0, equals + 1);
        next.begun.erase(0, equals + 1);
        expect_value(next, *option);
    } else if (is_option) {
        for (const OptionSyntax& one : options_of(*place.command))
            for (const std::string_view spelling : split_spellings(one.spellings))
                next.words.push_back({std::string{spelling}, std::string{one.help}});
    } else if (place.command == &program_row) next.words = command_words();
    else if (place.arguments == 0) expect_argument(next, *place.command);
    return next;
}

} // namespace holdfast
