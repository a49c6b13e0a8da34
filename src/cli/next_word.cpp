#include "cli/next_word.hpp"

#include <algorithm>
#include <utility>

namespace holdfast {
namespace {

using OptionSyntax = CommandSyntax::Option;
using Kind = NextWord::Kind;

/// Where the words in front of the one that is being typed have led.
class Place {
  public:
    explicit Place(const CommandSyntax& none) : command{&none} {}

    void pass(const std::vector<CommandSyntax>& commands, const std::string& word) {
        const bool is_ours = !options_are_over();
        if (const OptionSyntax* value_of = std::exchange(option, nullptr)) set(*value_of, word);
        else if (is_ours && word == "--") behind_dashes = true;
        else if (is_ours && word.starts_with('-')) pass_option(word);
        else if (command->name.empty()) {
            const auto found = std::ranges::find(commands, word, &CommandSyntax::name);
            if (found != commands.end()) command = &*found;
        } else ++arguments;
    }

    const OptionSyntax* find(const std::string& spelling) const {
        const auto found = std::ranges::find_if(command->options, [&](const OptionSyntax& one) {
            return std::ranges::find(one.spellings, spelling) != one.spellings.end();
        });
        return found == command->options.end() ? nullptr : &*found;
    }

    /// What follows is the command to run, or its words.
    bool options_are_over() const { return behind_dashes || (command->name == "run" && arguments > 1); }

    const CommandSyntax* command;
    const OptionSyntax* option = nullptr; ///< whose value comes next
    size_t arguments = 0;                 ///< of holdfast's command, so far
    bool behind_dashes = false;
    Layer settings;

  private:
    void pass_option(const std::string& word) {
        const size_t equals = word.find('=');
        const OptionSyntax* found = find(word.substr(0, equals));
        if (found == nullptr || found->value.empty()) return;
        if (equals == std::string::npos) option = found;
        else set(*found, word.substr(equals + 1));
    }

    void set(const OptionSyntax& typed, const std::string& value) {
        for (const Option& setting : options()) {
            if (setting.spellings.empty()) continue;
            const std::string flag = setting.flag();
            if (std::ranges::find(typed.spellings, flag) == typed.spellings.end()) continue;
            std::string text = value;
            if (const auto earlier = settings.find(setting.name);
                earlier != settings.end() && setting.kind == Option::Kind::list)
                text = earlier->second.text + "," + value;
            settings.insert_or_assign(std::string{setting.name}, Given{Source::command_line, flag, std::move(text)});
        }
    }
};

/// "stop|ignore" are words to choose from; of "DURATION|off" only the second is.
std::vector<NextWord::Word> choices(const std::string& value) {
    std::vector<NextWord::Word> words;
    if (value.find('|') == std::string::npos) return words;
    for (size_t begin = 0; begin < value.size();) {
        const size_t bar = std::min(value.find('|', begin), value.size());
        if (value[begin] >= 'a') words.push_back({value.substr(begin, bar - begin)});
        begin = bar + 1;
    }
    return words;
}

void expect_value(NextWord& next, const OptionSyntax& option) {
    if (option.spellings.back() == "--profile") next.kind = Kind::profile;
    else if (option.value == "FILE" || option.value == "DIR") next.kind = Kind::file;
    else next.words = choices(option.value);
}

void expect_argument(NextWord& next, const CommandSyntax& command) {
    if (command.argument == "SHELL") next.words = {{"bash"}, {"zsh"}, {"fish"}};
    else if (!command.argument.empty()) next.kind = Kind::lock;
}

} // namespace

NextWord next_word(const std::vector<std::string>& typed) {
    const std::vector<CommandSyntax> commands = syntax();
    Place place{commands.front()};
    for (size_t i = 0; i + 1 < typed.size(); ++i) place.pass(commands, typed[i]);

    NextWord next;
    next.settings = place.settings;
    next.begun = typed.empty() ? "" : typed.back();
    const CommandSyntax& command = *place.command;
    const size_t equals = next.begun.find('=');
    if (place.option != nullptr) expect_value(next, *place.option);
    else if (command.name == "run" && place.arguments > 0 && (place.options_are_over() || !next.begun.starts_with('-')))
        next.kind = place.arguments == 1 ? Kind::program : Kind::file;
    else if (const OptionSyntax* option = next.begun.starts_with("--") && equals != std::string::npos
                                              ? place.find(next.begun.substr(0, equals))
                                              : nullptr) {
        next.before = next.begun.substr(0, equals + 1);
        next.begun.erase(0, equals + 1);
        expect_value(next, *option);
    } else if (next.begun.starts_with('-'))
        for (const OptionSyntax& one : command.options)
            for (const std::string& spelling : one.spellings) next.words.push_back({spelling, one.help});
    else if (command.name.empty()) {
        for (const CommandSyntax& one : commands)
            if (!one.name.empty()) next.words.push_back({one.name, one.help});
    } else if (place.arguments == 0) expect_argument(next, command);
    return next;
}

} // namespace holdfast
