#include "cli/arguments.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "cli/command_table.hpp"
#include "cli/grammar.hpp"
#include "cli/help.hpp"
#include "cli/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace holdfast {
namespace {

/// What CLI11 writes into, beside the arguments.
struct Typed {
    Arguments arguments;
    std::optional<std::string> shell;
    bool print_config = false;
    bool version = false;
};

void add_own_options(Grammar& grammar, CommandName command, Typed& typed) {
    Arguments& arguments = typed.arguments;
    switch (command) {
    case CommandName::run:
        grammar.leave_the_rest();
        grammar.value("-c,--shell", "STRING", "run the command through /bin/sh", typed.shell);
        grammar.value("--status-fd", "N", "write how the run ended to descriptor N, as a line of JSON",
                      arguments.status_fd);
        break;
    case CommandName::acquire:
        grammar.flag("--json", "print token, fence and times as JSON", arguments.json);
        grammar.flag("--export", "print assignments for a shell's eval", arguments.exported);
        grammar.value("--token-file", "FILE", "write the token there instead of to stdout", arguments.token_file);
        break;
    case CommandName::renew:
        grammar.value("--ttl", "DURATION", "the fresh TTL (as it was acquired)", [&arguments](std::string text) {
            arguments.settings.insert_or_assign("ttl", Given{Source::command_line, "--ttl", std::move(text)});
        });
        [[fallthrough]];
    case CommandName::release:
    case CommandName::verify:
        grammar.value("--token", "TOKEN", "what acquire printed", arguments.token);
        grammar.value("--token-file", "FILE", "a file with the token", arguments.token_file);
        break;
    case CommandName::list:
        grammar.flag("--watch", "show it again every second, until Ctrl-C", arguments.watch);
        [[fallthrough]];
    case CommandName::status: grammar.flag("--json", "print one JSON object", arguments.json); break;
    case CommandName::doctor:
        grammar.flag("--json", "print one JSON object", arguments.json);
        grammar.flag("--acl", "print the least rights that a Redis user needs, and check nothing", arguments.acl);
        break;
    case CommandName::force_release:
        grammar.flag("-y,--yes", "don't ask", arguments.yes);
        grammar.flag("--dry-run", "say what would be done, and do nothing", arguments.dry_run);
        grammar.value("--reason", "TEXT", "what the holder is told, beside who you are", arguments.reason);
        grammar.value("--older-than", "DURATION", "only when it has been held for longer", arguments.older_than);
        break;
    default: break;
    }
}

bool takes_value(const std::string& word) {
    return std::ranges::any_of(options(), [&](const Option& option) {
        const std::string spellings = "," + std::string{option.spellings} + ",";
        return option.kind != Option::Kind::toggle && spellings.find("," + word + ",") != std::string::npos;
    });
}

/// The command that the words begin with, behind options; nothing when in doubt.
const CommandRow* command_of(std::span<const std::string> words) {
    size_t at = 0;
    while (at < words.size() && words[at].starts_with('-')) at += takes_value(words[at]) ? 2 : 1;
    const auto* command =
        at < words.size() ? std::ranges::find(commands, words[at], &CommandRow::name) : commands.end();
    return command == commands.end() ? nullptr : command;
}

/// Of the commands only one, if one is given: a later word that is called like another is no command.
void declare(CLI::App& app, Typed& typed, Words words, const CommandRow* only) {
    app.set_help_flag("-h,--help", "show this help");
    Grammar front{app, words};
    front.flag("--version", "print the version", typed.version);
    front.flag("--print-config", "print every setting and where it came from", typed.print_config);
    front.settings(Option::Scope::everywhere, typed.arguments.settings);
    front.hidden_settings(typed.arguments.settings);
    for (const CommandRow& command : commands) {
        if (only != nullptr && only != &command) continue;
        Grammar grammar{*app.add_subcommand(command.name, command.help), words};
        if (*command.argument != '\0') grammar.name(command.argument, command.argument_required, typed.arguments.name);
        grammar.settings(command.settings, typed.arguments.settings);
        add_own_options(grammar, command.id, typed);
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

/// The words of `run` behind NAME: what CLI11 left, and what stood behind "--", which it never saw.
std::vector<std::string> command_words(const CLI::App& run, std::span<const std::string> behind_dashes, bool dashes,
                                       const std::optional<std::string>& shell, const std::string& name) {
    std::vector<std::string> words;
    for (std::string& word : run.remaining()) words.push_back(unmarked(std::move(word)));
    if (!words.empty() && words.front().size() > 1 && words.front().front() == '-')
        throw unknown_word(run, words.front(), "holdfast run");
    // A "--" between words of the command is the command's own.
    if (dashes && !words.empty()) words.emplace_back("--");
    words.insert(words.end(), behind_dashes.begin(), behind_dashes.end());
    if (shell && !words.empty())
        throw Failure{ExitStatus::usage, fmt::format("-c and the command '{}' contradict each other; give one of them",
                                                     printable(words.front()))};
    if (shell && shell->empty())
        throw Failure{ExitStatus::usage, "the command of -c is empty; as in: holdfast run NAME -c 'COMMAND'"};
    if (shell) return {"/bin/sh", "-c", *shell};
    if (words.empty())
        throw Failure{ExitStatus::usage,
                      fmt::format("no command behind the lock's name '{0}'; as in: holdfast run {0} -- COMMAND",
                                  printable(name))};
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
        for (const CommandRow& command : commands) names.emplace_back(command.name);
        return {ExitStatus::usage, fmt::format("'{}' is not a command{}; see holdfast --help", printable(word),
                                               did_you_mean(word, names))};
    }
    if (dashes && at.get_name() == "run" && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return {ExitStatus::usage, "the lock's name is missing before '--'; as in: holdfast run NAME -- COMMAND"};
    if (command_known && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return {ExitStatus::usage, fmt::format("{} is missing, as in: {} {}{}", about, where, about,
                                               at.get_name() == "run" ? " -- COMMAND" : "")};
    if (!command_known)
        return {ExitStatus::usage, "no command given, as in: holdfast run NAME -- COMMAND; see holdfast --help"};
    return {ExitStatus::usage, fmt::format("{}; see {} --help", what, where)};
}

CommandName command_name(const CLI::App& app) {
    return std::ranges::find(commands, app.get_subcommands().front()->get_name(), &CommandRow::name)->id;
}

using WordAt = std::vector<std::string>::const_iterator;

/// `dashes` is the "--" between our words and the command, or the end of all.
std::variant<Arguments, Printed> parse(const std::vector<std::string>& all, WordAt dashes, Words declared) {
    Typed typed;
    CLI::App app{"", "holdfast"};
    declare(app, typed, declared, command_of({all.begin(), dashes}));
    // CLI11 takes them in reverse.
    std::vector<std::string> words;
    for (WordAt word = dashes; word != all.begin();) words.push_back(marked(*--word));
    try {
        app.parse(std::move(words));
        if (typed.version) return Printed{version_text()};
        if (app.get_subcommands().empty() && !typed.print_config) throw CLI::RequiredError{"A command"};
    } catch (const CLI::CallForHelp&) {
        const auto asked = app.get_subcommands();
        return Printed{help_text(syntax(), asked.empty() ? "" : asked.front()->get_name())};
    } catch (const CLI::ParseError& error) {
        throw not_understood(app, error, {all.begin(), dashes}, dashes != all.end());
    }
    Arguments& arguments = typed.arguments;
    arguments.command = typed.print_config ? CommandName::print_config : command_name(app);
    if (arguments.command == CommandName::list && arguments.name.empty()) arguments.name = "*";
    const bool has_dashes = dashes != all.end();
    const std::span behind{has_dashes ? dashes + 1 : dashes, all.end()};
    if (arguments.command == CommandName::run)
        arguments.words = command_words(*app.get_subcommand("run"), behind, has_dashes, typed.shell, arguments.name);
    else if (arguments.command == CommandName::completion) arguments.words.assign(behind.begin(), behind.end());
    else if (has_dashes) throw Failure{ExitStatus::usage, "only run takes '--' and a command; see holdfast --help"};
    return arguments;
}

} // namespace

std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv) {
    const std::vector<std::string> words{argv + 1, argv + argc};
    const auto dashes = std::ranges::find(words, "--");
    try {
        return parse(words, dashes, std::span{words.begin(), dashes});
    } catch (const Failure&) {
        // Who says what is wrong has to know everything that would be right.
        return parse(words, dashes, {});
    }
}

std::vector<CommandSyntax> syntax() {
    Typed typed;
    CLI::App app;
    declare(app, typed, {}, nullptr);
    const auto options_of = [](const CLI::App& of) {
        std::vector<CommandSyntax::Option> options;
        for (const CLI::Option* option : of.get_options()) {
            if (option->get_positional() || option->get_group().empty()) continue;
            CommandSyntax::Option& added = options.emplace_back();
            for (const std::string& name : option->get_snames()) added.spellings.push_back("-" + name);
            for (const std::string& name : option->get_lnames()) added.spellings.push_back("--" + name);
            if (option->get_expected_min() > 0) added.value = option->get_type_name();
            added.help = option->get_description();
        }
        return options;
    };
    std::vector<CommandSyntax> all{{"", description, "", false, as_the_command, options_of(app)}};
    for (const CommandRow& command : commands)
        all.push_back({command.name, command.help, command.argument, command.argument_required, command.exit_status,
                       options_of(*app.get_subcommand(command.name))});
    return all;
}

} // namespace holdfast
