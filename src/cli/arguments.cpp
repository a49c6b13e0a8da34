#include "cli/arguments.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "cli/help.hpp"
#include "cli/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
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

/// CLI11 takes a word from '[' to ']' for a list and drops the brackets, in any option (think of -c '[ -e x ]'). A
/// mark behind the bracket keeps it from that; whoever reads a word takes the mark off again.
constexpr char mark = '\x01';

std::string marked(const std::string& word) { return word.ends_with(']') || word.ends_with(mark) ? word + mark : word; }

std::string unmarked(std::string word) {
    if (word.ends_with(mark)) word.pop_back();
    return word;
}

/// Takes a value as it stands: no lists, no conversion that would put the value into a message. The last one counts.
CLI::Option* add_value(CLI::App& app, const std::string& flags, const std::string& type, const std::string& help,
                       const std::function<void(std::string)>& take) {
    return app
        .add_option_function<std::string>(
            flags, [take](const std::string& text) { take(unmarked(text)); }, help)
        ->type_name(type)
        ->take_last();
}

void add_value(CLI::App& app, const std::string& flags, const std::string& type, const std::string& help,
               std::optional<std::string>& target) {
    add_value(app, flags, type, help, [&target](std::string text) { target = std::move(text); });
}

CLI::Option* add_setting(CLI::App& app, const Option& option, Layer& settings) {
    const std::string spellings{option.spellings};
    const std::string help{option.help};
    const auto set = [&settings, &option](std::string text) {
        settings.insert_or_assign(std::string{option.name},
                                  Given{Source::command_line, option.flag(), std::move(text)});
    };
    if (option.kind == Option::Kind::toggle)
        return app.add_flag_callback(
            spellings, [set] { set("yes"); }, help);
    if (option.kind != Option::Kind::list) return add_value(app, spellings, std::string{option.value}, help, set);
    const auto add_all = [set, &settings, &option](const CLI::results_t& values) {
        const auto found = settings.find(option.name);
        std::string all = found == settings.end() ? "" : found->second.text;
        for (const std::string& value : values) all += (all.empty() ? "" : ",") + unmarked(value);
        set(std::move(all));
        return true;
    };
    return app.add_option(spellings, add_all, help)
        ->type_name(std::string{option.value})
        ->allow_extra_args(false)
        ->take_all();
}

/// The settings that such a command has. Those of every command may stand before its name or after it.
void add_settings(CLI::App& app, Option::Scope widest, Layer& settings) {
    for (const Option& option : options())
        if (!option.spellings.empty() && option.scope <= widest) add_setting(app, option, settings);
}

/// Those of single commands may stand in front as well, though nobody needs to know: --print-config takes them all.
void add_hidden_settings(CLI::App& app, Layer& settings) {
    for (const Option& option : options())
        if (option.scope > Option::Scope::everywhere) add_setting(app, option, settings)->group("");
}

CLI::Option* add_name(CLI::App& app, const std::string& type, Arguments& arguments) {
    return app.add_option_function<std::string>(
        type, [&arguments](const std::string& text) { arguments.name = unmarked(text); });
}

struct Command {
    CommandName id;
    const char* name;
    const char* help;
    const char* argument; ///< empty: it takes none
    bool argument_required;
    Option::Scope settings;
    const char* exit_status; ///< "The exit status is ..."
};

constexpr const char* description = "hold a distributed lock in Redis around a command";
constexpr const char* as_the_command =
    "the command's own, or 64 usage, 69 too few nodes, 70 internal error, 75 not acquired, 76 not a lock, 77 refused "
    "by a node, 78 configuration, 79 lock lost, 124 --max-hold ran out, 126 not executable, 127 not found.";
constexpr const char* whether_ours = "0 when it was ours, 79 when it is not any more, 69 when too few nodes can tell.";

constexpr std::array commands{
    Command{CommandName::run, "run", "take lock NAME, run a command while holding it, release it", "NAME", true,
            Option::Scope::running, as_the_command},
    Command{CommandName::acquire, "acquire", "take lock NAME and leave it held until its TTL ends; print its token",
            "NAME", true, Option::Scope::taking,
            "0 when the lock was acquired, 75 when it was not (-E changes it), 69 when too few nodes answered."},
    Command{CommandName::renew, "renew", "give a lock that acquire took a fresh TTL", "NAME", true,
            Option::Scope::everywhere, whether_ours},
    Command{CommandName::release, "release", "let go of a lock that acquire took", "NAME", true,
            Option::Scope::everywhere, whether_ours},
    Command{CommandName::verify, "verify", "whether the lock is still ours; inside run it needs no words", "NAME",
            false, Option::Scope::everywhere, whether_ours},
    Command{CommandName::status, "status", "who holds lock NAME, and who waits for it", "NAME", true,
            Option::Scope::everywhere,
            "0 when a majority says that it is held, 1 when it is not, 69 when too few nodes can tell."},
    Command{CommandName::list, "list", "every held lock, or those that match GLOB, as in 'deploy-*'", "GLOB", false,
            Option::Scope::everywhere, "0, or 69 when too few nodes answered."},
    Command{CommandName::force_release, "force-release", "take lock NAME away from its holder", "NAME", true,
            Option::Scope::everywhere,
            "0 when it was taken away, 1 when it was free or nothing was done, 75 when the holder changed meanwhile, "
            "69 when too few nodes answered."},
    Command{CommandName::doctor, "doctor", "check the nodes for all that makes locks unsafe or slow", "", false,
            Option::Scope::everywhere, "0 when all is well, 1 with warnings, 69 when no lock can be had."},
    Command{CommandName::completion, "completion", "print a completion script for SHELL: bash, zsh or fish", "SHELL",
            true, Option::Scope::everywhere, ""},
};

void add_own_options(CLI::App& app, CommandName command, Typed& typed) {
    Arguments& arguments = typed.arguments;
    switch (command) {
    case CommandName::run:
        app.prefix_command();
        add_value(app, "-c,--shell", "STRING", "run the command through /bin/sh", typed.shell);
        add_value(app, "--status-fd", "N", "write how the run ended to descriptor N, as a line of JSON",
                  arguments.status_fd);
        break;
    case CommandName::acquire:
        app.add_flag("--json", arguments.json, "print token, fence and times as JSON");
        app.add_flag("--export", arguments.exported, "print assignments for a shell's eval");
        add_value(app, "--token-file", "FILE", "write the token there instead of to stdout", arguments.token_file);
        break;
    case CommandName::renew:
        add_value(app, "--ttl", "DURATION", "the fresh TTL (as it was acquired)", [&arguments](std::string text) {
            arguments.settings.insert_or_assign("ttl", Given{Source::command_line, "--ttl", std::move(text)});
        });
        [[fallthrough]];
    case CommandName::release:
    case CommandName::verify:
        add_value(app, "--token", "TOKEN", "what acquire printed", arguments.token);
        add_value(app, "--token-file", "FILE", "a file with the token", arguments.token_file);
        break;
    case CommandName::list:
        app.add_flag("--watch", arguments.watch, "show it again every second, until Ctrl-C");
        [[fallthrough]];
    case CommandName::status: app.add_flag("--json", arguments.json, "print one JSON object"); break;
    case CommandName::doctor:
        app.add_flag("--json", arguments.json, "print one JSON object");
        app.add_flag("--acl", arguments.acl, "print the least rights that a Redis user needs, and check nothing");
        break;
    case CommandName::force_release:
        app.add_flag("-y,--yes", arguments.yes, "don't ask");
        app.add_flag("--dry-run", arguments.dry_run, "say what would be done, and do nothing");
        add_value(app, "--reason", "TEXT", "what the holder is told, beside who you are", arguments.reason);
        add_value(app, "--older-than", "DURATION", "only when it has been held for longer", arguments.older_than);
        break;
    default: break;
    }
}

/// What of it all has to be declared to read a command line. CLI11 compares each option with all before it, so that to
/// declare every command would be most of the work of a run.
struct Needed {
    const Command* command = nullptr; ///< nothing: any of them
    bool in_front = true;             ///< options stand before the command
};

bool takes_value(const std::string& word) {
    return std::ranges::any_of(options(), [&](const Option& option) {
        const std::string spellings = "," + std::string{option.spellings} + ",";
        return option.kind != Option::Kind::toggle && spellings.find("," + word + ",") != std::string::npos;
    });
}

/// Everything, when in doubt.
Needed needed_for(std::span<const std::string> words) {
    size_t at = 0;
    while (at < words.size() && words[at].starts_with('-')) at += takes_value(words[at]) ? 2 : 1;
    const auto* command = at < words.size() ? std::ranges::find(commands, words[at], &Command::name) : commands.end();
    if (command == commands.end()) return {};
    return {command, at > 0};
}

void declare(CLI::App& app, Typed& typed, const Needed& needed) {
    app.set_help_flag("-h,--help", "show this help");
    if (needed.in_front) {
        app.add_flag("--version", typed.version, "print the version");
        app.add_flag("--print-config", typed.print_config, "print every setting and where it came from");
        add_settings(app, Option::Scope::everywhere, typed.arguments.settings);
        add_hidden_settings(app, typed.arguments.settings);
    }
    for (const Command& command : commands) {
        if (needed.command != nullptr && needed.command != &command) continue;
        CLI::App* sub = app.add_subcommand(command.name, command.help);
        if (*command.argument != '\0')
            add_name(*sub, command.argument, typed.arguments)->required(command.argument_required);
        add_settings(*sub, command.settings, typed.arguments.settings);
        add_own_options(*sub, command.id, typed);
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

Failure not_understood(const CLI::App& app, const CLI::ParseError& error, bool dashes) {
    const CLI::App& at = app.remaining().empty() ? innermost(app) : app;
    const bool command_known = &at != &app;
    const std::string where = command_known ? "holdfast " + at.get_name() : "holdfast";
    const std::vector<std::string> rest = at.remaining();
    const std::string what = printable(error.what(), 500);
    const std::string about = what.substr(0, what.find_first_of(": "));
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && about.starts_with('-'))
        return {ExitStatus::usage, fmt::format("{} needs a value; see {} --help", about, where)};
    if (!rest.empty()) {
        const std::string word = unmarked(rest.front());
        if (command_known || word.starts_with('-')) return unknown_word(at, word, where);
        std::vector<std::string> names;
        for (const Command& command : commands) names.emplace_back(command.name);
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
    return std::ranges::find(commands, app.get_subcommands().front()->get_name(), &Command::name)->id;
}

} // namespace

std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv) {
    const std::vector<std::string> all{argv + 1, argv + argc};
    const auto dashes = std::ranges::find(all, "--");

    Typed typed;
    CLI::App app{"", "holdfast"};
    declare(app, typed, needed_for({all.begin(), dashes}));
    // CLI11 takes them in reverse.
    std::vector<std::string> words;
    for (auto word = dashes; word != all.begin();) words.push_back(marked(*--word));
    try {
        app.parse(std::move(words));
        if (typed.version) return Printed{version_text()};
        if (app.get_subcommands().empty() && !typed.print_config) throw CLI::RequiredError{"A command"};
    } catch (const CLI::CallForHelp&) {
        const auto asked = app.get_subcommands();
        return Printed{help_text(syntax(), asked.empty() ? "" : asked.front()->get_name())};
    } catch (const CLI::ParseError& error) {
        throw not_understood(app, error, dashes != all.end());
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

std::vector<CommandSyntax> syntax() {
    Typed typed;
    CLI::App app;
    declare(app, typed, {});
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
    for (const Command& command : commands)
        all.push_back({command.name, command.help, command.argument, command.argument_required, command.exit_status,
                       options_of(*app.get_subcommand(command.name))});
    return all;
}

} // namespace holdfast
