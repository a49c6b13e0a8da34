#include "cli/arguments.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/mistakes.hpp"
#include "cli/unknown_words.hpp"
#include "config/node_list.hpp"
#include "config/options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>

namespace holdfast {
namespace {

constexpr char mark = '\x01';

/// CLI11 takes a word from '[' to ']' for a list and drops the brackets, in any option (think of -c '[ -e x ]'). A mark
/// after the bracket prevents that, and is removed before a word is used.
std::string marked(const std::string& word) { return word.ends_with(']') || word.ends_with(mark) ? word + mark : word; }

std::string unmarked(std::string word) {
    if (word.ends_with(mark)) word.pop_back();
    return word;
}

using Words = std::span<const std::string>;

bool may_mean(std::string_view word, std::string_view spelling) {
    if (spelling.starts_with("--")) return word.starts_with(spelling);
    // Several short options may be typed together, as in -qv.
    return word.starts_with('-') && !word.starts_with("--") && word.find(spelling[1]) != std::string_view::npos;
}

/// Tells CLI11 what can be typed, and where it goes. CLI11 compares each option with all that were declared before it,
/// so that to declare everything would be most of the work of a run: only what the typed words may mean is declared.
class Grammar {
  public:
    Grammar(CLI::App& app, Words words, Arguments& typed) : app_{app}, words_{words}, typed_{typed} {}

    /// Declares the command's argument, and what may follow it.
    void declare_argument(const CommandRow& command) {
        if (const std::string argument{command.argument()}; !argument.empty())
            app_.add_option(argument, each([&name = typed_.name](std::string text) { name = std::move(text); }))
                ->required(command.argument_required());
        if (command.behind == CommandRow::Behind::command) app_.prefix_command();
    }

    void declare_options(const CommandRow& command, Option::Scope widest) {
        const auto into = [&settings = typed_.settings](const Option& setting) -> Taker {
            return [&settings, &setting](std::string text) { give(settings, setting, std::move(text)); };
        };
        for (const Option& setting : options())
            if (setting.scope <= widest) option(setting.spellings, setting.value, into(setting));
        for (const OptionSyntax& own : command.options) {
            const std::string_view name = long_spelling(own.spellings);
            const Option* setting = find_option(name.substr(2));
            std::optional<std::string>& target = typed_.own[name];
            const Taker set = [&target](std::string text) { target = std::move(text); };
            option(own.spellings, own.value, setting == nullptr ? set : into(*setting));
        }
    }

  private:
    /// Is called with the value of an option; once for each value, in the order typed, if the option has several.
    using Taker = std::function<void(std::string)>;

    static CLI::callback_t each(Taker take) {
        return [take = std::move(take)](const std::vector<std::string>& values) {
            for (const std::string& value : values) take(unmarked(value));
            return true;
        };
    }

    /// Declares an option whose value is taken unchanged: no lists, and no conversion that would show the value in a
    /// message.
    void option(std::string_view spellings, std::string_view value, const Taker& take) {
        if (!may_be_meant(spellings)) return;
        if (value.empty()) app_.add_flag_callback(std::string{spellings}, [take] { take("yes"); });
        else app_.add_option(std::string{spellings}, each(take))->allow_extra_args(false)->take_all();
    }

    bool may_be_meant(std::string_view spellings) const {
        return std::ranges::any_of(split_spellings(spellings), [&](std::string_view spelling) {
            return std::ranges::any_of(words_, [&](const std::string& word) { return may_mean(word, spelling); });
        });
    }

    CLI::App& app_;
    Words words_;
    Arguments& typed_;
};

bool takes_value(const std::string& word) {
    return std::ranges::any_of(options(), [&](const Option& option) {
        const auto spellings = split_spellings(option.spellings);
        return option.kind != Option::Kind::toggle && std::ranges::find(spellings, word) != spellings.end();
    });
}

/// The command that the words name, after options and their values; null if the first other word is no command.
const CommandRow* command_of(std::span<const std::string> words) {
    size_t at = 0;
    while (at < words.size() && words[at].starts_with('-')) at += takes_value(words[at]) ? 2 : 1;
    return at < words.size() ? find_command(words[at]) : nullptr;
}

/// Declares only the command `only`, if it is given, because a later word with the name of another command is no
/// command.
void declare(CLI::App& app, Arguments& typed, Words words, const CommandRow* only) {
    app.set_help_flag("-h,--help");
    // These include options of single commands, though help does not show them here: --print-config takes all settings.
    Grammar{app, words, typed}.declare_options(program_row, Option::Scope::running);
    for (const CommandRow* command : commands) {
        if (only != nullptr && only != command) continue;
        Grammar grammar{*app.add_subcommand(std::string{command->name}), words, typed};
        grammar.declare_argument(*command);
        grammar.declare_options(*command, command->settings);
    }
}

/// The row of the command that was recognized, or that of the program.
const CommandRow& row_of(const CLI::App& app) {
    const CommandRow* command = find_command(app.get_name());
    return command == nullptr ? program_row : *command;
}

/// The typed word of which CLI11 has left letters that it does not know, as "-ame" of "-name".
std::string as_a_whole(const std::string& left, Words words) {
    for (const std::string& word : words)
        if (word.starts_with('-') && !word.starts_with("--") && word.ends_with(left.substr(1))) return word;
    return left;
}

Failure unknown_word(const CommandRow& command, const std::string& word, Words words) {
    refuse_typography(word);
    const bool is_option = word.size() > 1 && word.starts_with('-');
    if (is_option && &command == &run_command && std::ranges::count(words, "-c") > 0)
        return misuse("'{}' is not an option of holdfast run; -c takes one word, so the whole line "
                      "stands behind it in quotes",
                      printable(word.substr(0, word.find('='))));
    const auto behind = std::find(words.begin(), words.end(), word);
    if (is_option && behind != words.end() && behind + 1 != words.end() && is_address(behind[1]))
        return misuse("'{}' is not an option of {}; --node {} names a server", printable(word), full_name(command),
                      printable(masked(Secret{behind[1]})));
    if (word == "-s" && behind != words.end() && behind + 1 != words.end() && behind[1].find('/') != std::string::npos)
        return misuse("'-s' is not an option of {}; --node unix:///PATH names a server by its socket",
                      full_name(command));
    return is_option ? unknown_option(as_a_whole(word, words), command) : one_word_too_many(word, words, command);
}

/// The words after the argument: those that CLI11 left, and those after "--", which CLI11 never saw.
std::vector<std::string> words_behind(const CLI::App& command, Words ours, std::span<const std::string> behind_dashes,
                                      bool dashes) {
    std::vector<std::string> words;
    for (std::string& word : command.remaining()) words.push_back(unmarked(std::move(word)));
    if (!words.empty() && words.front().size() > 1 && words.front().front() == '-')
        throw unknown_word(row_of(command), words.front(), ours);
    // A "--" between words of the command is the command's own.
    if (dashes && !words.empty()) words.emplace_back("--");
    words.insert(words.end(), behind_dashes.begin(), behind_dashes.end());
    return words;
}

const CLI::App& innermost(const CLI::App& app) {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? app : *parsed.front();
}

/// The spelling of the option `name` that was typed.
std::string as_typed(const CLI::App& app, const std::string& name, std::span<const std::string> words) {
    const CLI::Option* option = app.get_option_no_throw(name);
    for (const std::string& word : words)
        if (option != nullptr && option->check_name(word)) return word;
    return name;
}

Failure name_is_missing(const CommandRow& command, Words words, bool dashes) {
    const std::string where = full_name(command);
    const std::string behind = command.behind == CommandRow::Behind::command ? " -- COMMAND" : "";
    const auto option = words.size() > 1 ? find_option(command, words[words.size() - 2]) : std::nullopt;
    const bool swallowed = option && !option->value.empty() && words.back() != command.name;
    if (&command == &force_release_command && std::ranges::count(words, "--older-than") > 0)
        return misuse("NAME is missing, for one lock at a time is taken away; holdfast list --older-than DURATION "
                      "shows which are held for so long");
    // The value is not shown, because it may be a password.
    const std::string why = swallowed ? ", for the word there is the value of " + words[words.size() - 2] : "";
    if (!dashes && swallowed && words.back().find("://") < words.back().find('?'))
        return misuse("{} is missing, for the line ends behind the value of {}; a URI with '&' stands in quotes, "
                      "because the shell ends the line there",
                      command.argument(), words[words.size() - 2]);
    if (!dashes && swallowed && option->value == "STRING")
        return misuse("the lock's name is missing; as in: holdfast run NAME -c 'COMMAND'");
    if (!dashes && swallowed)
        return misuse("{0} is missing{1}; is a variable of the shell not set? As in: {2} {3} VALUE {0}{4}",
                      command.argument(), why, where, words[words.size() - 2], behind);
    if (!dashes || behind.empty())
        return misuse("{0} is missing, as in: {1} {0}{2}", command.argument(), where, behind);
    refuse_slips(words, command);
    return misuse("the lock's name is missing before '--'{}; as in: {} NAME -- COMMAND", why, where);
}

Failure not_understood(const CLI::App& app, const CLI::ParseError& error, Words words, bool dashes) {
    const CLI::App& at = app.remaining().empty() ? innermost(app) : app;
    const CommandRow& command = row_of(at);
    const bool command_known = &at != &app;
    const std::string what = printable(error.what(), 500);
    const std::string about = what.substr(0, what.find_first_of(": "));
    const bool lacks_value = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && about.starts_with('-');
    if (lacks_value && dashes && !words.empty() && words.back().starts_with('-'))
        return misuse("{0} needs a value, and '--' stands behind it; a variable that is not set leaves no word, so it "
                      "stands in quotes, as in: {0} \"$VALUE\"",
                      as_typed(at, about, words));
    if (lacks_value && &command == &run_command && (about == "-c" || about == "--shell"))
        return misuse("{} needs a line of shell behind it, in quotes; for lines on standard input: holdfast run NAME "
                      "-- sh",
                      as_typed(at, about, words));
    if (lacks_value)
        return misuse("{} needs a value; is a variable of the shell not set? See {} --help", as_typed(at, about, words),
                      full_name(command));
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
        refuse_slips(words, command);
        return misuse("an option that takes no value has one: {}; see {} --help", what.substr(what.find('-')),
                      full_name(command));
    }
    if (const std::vector<std::string> rest = at.remaining(); !rest.empty()) {
        const std::string word = unmarked(rest.front());
        if (command_known || word.starts_with('-')) return unknown_word(command, word, words);
        refuse_typography(word);
        return unknown_command(word, innermost(app).get_name());
    }
    if (!command_known && dashes && words.empty())
        return misuse("'--' stands before the command to run, behind the lock's name, as in: holdfast run NAME -- "
                      "COMMAND");
    if (!command_known) return misuse("no command given, as in: holdfast run NAME -- COMMAND; see holdfast --help");
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return name_is_missing(command, words, dashes);
    return misuse("{}; see {} --help", what, full_name(command));
}

using WordAt = std::vector<std::string>::const_iterator;

/// `dashes` is the "--" between our words and the command, or the end of `all`.
std::variant<Arguments, Printed> parse(const std::vector<std::string>& all, WordAt dashes) {
    Arguments typed;
    CLI::App app{"", "holdfast"};
    const Words ours{all.begin(), dashes};
    declare(app, typed, ours, command_of(ours));
    // CLI11 takes the words in reverse.
    std::vector<std::string> words;
    for (WordAt word = dashes; word != all.begin();) words.push_back(marked(*--word));
    try {
        app.parse(std::move(words));
        if (typed.has("--version")) return Printed{version_text()};
        if (app.get_subcommands().empty() && !typed.has("--print-config")) throw CLI::RequiredError{"A command"};
    } catch (const CLI::CallForHelp&) {
        refuse_host_of_help(ours);
        // -shell and others have an h, which is not meant for -h.
        const CLI::App& at = innermost(app);
        const Words typed_to_us = ours.first(ours.size() - at.remaining().size());
        if (std::ranges::count(typed_to_us, "-help") == 0) refuse_slips(typed_to_us, row_of(at));
        return Printed{help_text(row_of(innermost(app)))};
    } catch (const CLI::ParseError& error) {
        // --print-config does not need what the command lacks.
        if (typed.has("--print-config") && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return typed;
        throw not_understood(app, error, ours, dashes != all.end());
    }
    if (!typed.has("--print-config")) typed.command = find_command(innermost(app).get_name());
    const bool has_dashes = dashes != all.end();
    if (has_dashes && (typed.command == nullptr || typed.command->behind == CommandRow::Behind::nothing))
        throw misuse("only run takes '--' and a command, as in: holdfast run NAME -- COMMAND");
    if (typed.command == nullptr) return typed;
    refuse_slips(ours.first(ours.size() - innermost(app).remaining().size()), *typed.command);
    typed.words = words_behind(innermost(app), ours, {has_dashes ? dashes + 1 : dashes, all.end()}, has_dashes);
    // CLI11 takes what looks like a negative number for a word.
    if (typed.name.size() > 1 && typed.name.starts_with('-')) throw unknown_word(*typed.command, typed.name, ours);
    refuse_typography(typed.name);
    if (typed.command->argument() == "NAME") refuse_other_words(typed.name, *typed.command);
    if (takes_locks(*typed.command)) {
        refuse_variable(typed.name, typed.words);
        refuse_synopsis(typed.name);
    }
    for (const Option& option : options())
        if (const auto given = typed.settings.find(option.name);
            given != typed.settings.end() && option.value != "TEXT")
            refuse_typography(given->second.text);
    if (!typed.words.empty()) refuse_typography(typed.words.front());
    if (typed.name.empty() && typed.command->argument() == "GLOB") typed.name = "*";
    if (typed.command->interpret != nullptr) typed.command->interpret(typed);
    return typed;
}

} // namespace

std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    const auto dashes = std::ranges::find(words, "--");
    return parse(words, dashes);
}

} // namespace holdfast
