#include "cli/arguments.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "cli/command_table.hpp"
#include "cli/help.hpp"
#include "cli/version.hpp"
#include "config/spelling.hpp"

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

/// The typed words; only options that they may mean are declared. Nothing: all options are declared.
using Words = std::optional<std::span<const std::string>>;

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
            app_.add_option(argument, last([&name = typed_.name](std::string text) { name = std::move(text); }))
                ->required(command.argument_required());
        if (command.behind == CommandRow::Behind::command) app_.prefix_command();
    }

    void declare_options(const CommandRow& command, Option::Scope widest) {
        for (const Option& setting : options())
            if (setting.scope <= widest) option(setting.spellings, setting.value, into(setting));
        for (const OptionSyntax& own : command.options) {
            std::optional<std::string>& target = typed_.own[long_spelling(own.spellings)];
            option(own.spellings, own.value, last([&target](std::string text) { target = std::move(text); }));
        }
    }

  private:
    /// Takes the values of an option, as it was typed once or several times.
    using Taker = std::function<bool(const std::vector<std::string>&)>;

    /// A Taker for which the last of several values counts.
    static Taker last(std::function<void(std::string)> take) {
        return [take = std::move(take)](const std::vector<std::string>& values) {
            take(unmarked(values.back()));
            return true;
        };
    }

    /// A Taker for a setting; several values of a list are joined.
    Taker into(const Option& setting) {
        const auto set = [&settings = typed_.settings, &setting](std::string text) {
            settings.insert_or_assign(std::string{setting.name},
                                      Given{Source::command_line, setting.flag(), std::move(text)});
        };
        if (setting.kind != Option::Kind::list) return last(set);
        return [&settings = typed_.settings, &setting, set](const std::vector<std::string>& values) {
            const auto earlier = settings.find(setting.name);
            std::string all = earlier == settings.end() ? "" : earlier->second.text;
            for (const std::string& value : values) all += (all.empty() ? "" : ",") + unmarked(value);
            set(std::move(all));
            return true;
        };
    }

    /// Declares an option whose value is taken unchanged: no lists, and no conversion that would show the value in a
    /// message.
    void option(std::string_view spellings, std::string_view value, const Taker& take) {
        if (!may_be_meant(spellings)) return;
        if (value.empty()) app_.add_flag_callback(std::string{spellings}, [take] { take({"yes"}); });
        else app_.add_option(std::string{spellings}, take)->allow_extra_args(false)->take_all();
    }

    bool may_be_meant(std::string_view spellings) const {
        if (!words_) return !spellings.empty();
        return std::ranges::any_of(split_spellings(spellings), [&](std::string_view spelling) {
            return std::ranges::any_of(*words_, [&](const std::string& word) { return may_mean(word, spelling); });
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

/// The command in the words, after options; null when in doubt.
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

std::vector<std::string> spellings_of(const CLI::App& app) {
    std::vector<std::string> all;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional()) continue;
        for (const std::string& name : option->get_lnames()) all.push_back("--" + name);
        for (const std::string& name : option->get_snames()) all.push_back("-" + name);
    }
    return all;
}

Failure unknown_word(const CLI::App& app, const std::string& word, const std::string& where) {
    const bool is_option = word.size() > 1 && word.starts_with('-');
    const std::string shown = printable(word.substr(0, word.find('=')));
    if (is_option)
        return {ExitStatus::usage,
                fmt::format("'{}' is not an option of {}{}; see {} --help", shown, where,
                            shown.starts_with("--") ? did_you_mean(shown, spellings_of(app)) : "", where)};
    return {ExitStatus::usage, fmt::format("{} does not know what '{}' is for; see {} --help", where, shown, where)};
}

/// The words after the argument: those that CLI11 left, and those after "--", which CLI11 never saw.
std::vector<std::string> words_behind(const CLI::App& command, std::span<const std::string> behind_dashes,
                                      bool dashes) {
    std::vector<std::string> words;
    for (std::string& word : command.remaining()) words.push_back(unmarked(std::move(word)));
    if (!words.empty() && words.front().size() > 1 && words.front().front() == '-')
        throw unknown_word(command, words.front(), "holdfast " + command.get_name());
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

Failure not_understood(const CLI::App& app, const CLI::ParseError& error, std::span<const std::string> words,
                       bool dashes) {
    const CLI::App& at = app.remaining().empty() ? innermost(app) : app;
    const bool command_known = &at != &app;
    const std::string where = command_known ? "holdfast " + at.get_name() : "holdfast";
    const std::vector<std::string> rest = at.remaining();
    const std::string what = printable(error.what(), 500);
    const std::string about = what.substr(0, what.find_first_of(": "));
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && about.starts_with('-'))
        return {ExitStatus::usage, fmt::format("{} needs a value; see {} --help", as_typed(at, about, words), where)};
    if (!rest.empty()) {
        const std::string word = unmarked(rest.front());
        if (command_known || word.starts_with('-')) return unknown_word(at, word, where);
        std::vector<std::string> names;
        for (const CommandRow* command : commands) names.emplace_back(command->name);
        return {ExitStatus::usage, fmt::format("'{}' is not a command{}; see holdfast --help", printable(word),
                                               did_you_mean(word, names))};
    }
    if (command_known && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
        const bool runs = find_command(at.get_name())->behind == CommandRow::Behind::command;
        if (dashes && runs)
            return {ExitStatus::usage,
                    fmt::format("the lock's name is missing before '--'; as in: {} NAME -- COMMAND", where)};
        return {ExitStatus::usage,
                fmt::format("{} is missing, as in: {} {}{}", about, where, about, runs ? " -- COMMAND" : "")};
    }
    if (!command_known)
        return {ExitStatus::usage, "no command given, as in: holdfast run NAME -- COMMAND; see holdfast --help"};
    return {ExitStatus::usage, fmt::format("{}; see {} --help", what, where)};
}

using WordAt = std::vector<std::string>::const_iterator;

/// `dashes` is the "--" between our words and the command, or the end of `all`.
std::variant<Arguments, Printed> parse(const std::vector<std::string>& all, WordAt dashes, Words declared) {
    Arguments typed;
    CLI::App app{"", "holdfast"};
    declare(app, typed, declared, command_of({all.begin(), dashes}));
    // CLI11 takes the words in reverse.
    std::vector<std::string> words;
    for (WordAt word = dashes; word != all.begin();) words.push_back(marked(*--word));
    try {
        app.parse(std::move(words));
        if (typed.has("--version")) return Printed{version_text()};
        if (app.get_subcommands().empty() && !typed.has("--print-config")) throw CLI::RequiredError{"A command"};
    } catch (const CLI::CallForHelp&) {
        const CommandRow* asked = find_command(innermost(app).get_name());
        return Printed{help_text(asked == nullptr ? program_row : *asked)};
    } catch (const CLI::ParseError& error) {
        throw not_understood(app, error, {all.begin(), dashes}, dashes != all.end());
    }
    if (!typed.has("--print-config")) typed.command = find_command(innermost(app).get_name());
    const bool has_dashes = dashes != all.end();
    if (has_dashes && (typed.command == nullptr || typed.command->behind == CommandRow::Behind::nothing))
        throw Failure{ExitStatus::usage, "only run takes '--' and a command; see holdfast --help"};
    if (typed.command == nullptr) return typed;
    typed.words = words_behind(innermost(app), {has_dashes ? dashes + 1 : dashes, all.end()}, has_dashes);
    if (typed.command->interpret != nullptr) typed.command->interpret(typed);
    return typed;
}

} // namespace

std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    const auto dashes = std::ranges::find(words, "--");
    try {
        return parse(words, dashes, std::span{words.begin(), dashes});
    } catch (const Failure&) {
        // Once more with all options declared, so that the error can suggest one.
        return parse(words, dashes, {});
    }
}

} // namespace holdfast
