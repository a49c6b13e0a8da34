#include "cli/arguments.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace holdfast {
namespace {

constexpr std::string_view help_footer = R"(
Durations have a unit (500ms, 30s, 5m, 2h, 1d); a bare number is seconds.
The exit status is the command's own, or 64 usage, 69 too few nodes, 75 not acquired, 76 not a lock,
77 refused by a node, 78 configuration, 79 lock lost, 124 --max-hold ran out, 126 not executable,
127 not found.
holdfast(1) has it all.)";

struct Strings {
    std::string version = "holdfast " HOLDFAST_VERSION;
    std::optional<std::string> shell;
};

/// CLI11 takes a word from '[' to ']' for a list and drops the brackets, in any option (think of -c '[ -e x ]'). A
/// mark behind the bracket keeps it from that; whoever reads a word takes the mark off again.
constexpr char mark = '\x01';

std::string marked(const char* word) {
    std::string text{word};
    if (text.ends_with(']') || text.ends_with(mark)) text += mark;
    return text;
}

std::string unmarked(std::string word) {
    if (word.ends_with(mark)) word.pop_back();
    return word;
}

/// Takes a value as it stands: no lists, no conversion that would put the value into a message.
CLI::Option* value(CLI::App& app, const std::string& flags, std::optional<std::string>& target, const std::string& type,
                   const std::string& help) {
    return app
        .add_option_function<std::string>(
            flags, [&target](const std::string& text) { target = unmarked(text); }, help)
        ->type_name(type);
}

/// Declared on the program and on each command, so that they may stand before or after the command's name.
void add_common_options(CLI::App& app, Typed& typed) {
    const auto add_nodes = [&typed](const CLI::results_t& uris) {
        for (const std::string& uri : uris) typed.nodes.push_back(unmarked(uri));
        return true;
    };
    app.add_option("--node", add_nodes, "a Redis node; give it several times, or several with commas")
        ->type_name("URI")
        ->allow_extra_args(false)
        ->take_all();
    value(app, "--key-prefix", typed.key_prefix, "PREFIX", "stands before each lock's name (holdfast:)");
    value(app, "--node-timeout", typed.node_timeout, "DURATION", "for one answer of a node (TTL/10, at most 1s)");
    value(app, "--restart-guard", typed.restart_guard, "DURATION|off",
          "how long a restarted node of three or more has no vote (60s)");
    app.add_flag("--no-scripts", typed.no_scripts, "ask the nodes by transactions instead of Lua scripts");
    value(app, "--local-dir", typed.local_dir, "DIR", "where local: nodes live (/tmp/holdfast-UID)");
    app.add_flag("-v,--verbose", typed.verbose, "say more on stderr");
    app.add_flag("-q,--quiet", typed.quiet, "say only what went wrong");
}

struct RunHelp : CLI::Formatter {
    std::string make_usage(const CLI::App*, std::string) const override {
        return "Usage: holdfast run [OPTIONS] NAME [--] COMMAND [ARGUMENT...]\n"
               "       holdfast run [OPTIONS] NAME -c 'STRING'\n";
    }
};

/// The lock, or for list a glob.
CLI::Option* add_name(CLI::App& app, const char* type, Arguments& arguments, const std::string& help) {
    return app.add_option_function<std::string>(
        type, [&arguments](const std::string& text) { arguments.name = unmarked(text); }, help);
}

void add_run(CLI::App& app, Arguments& arguments, Strings& strings) {
    Typed& typed = arguments.typed;
    CLI::App* run = app.add_subcommand("run", "take lock NAME, run a command while holding it, release it");
    run->formatter(std::make_shared<RunHelp>());
    run->prefix_command();
    add_name(*run, "NAME", arguments, "the lock")->required();
    add_common_options(*run, typed);
    value(*run, "--ttl", typed.ttl, "DURATION", "how long the lock outlives a holder that vanished (30s)");
    run->add_flag("-n,--nonblock,--try", typed.nonblock, "fail at once if somebody else holds the lock");
    value(*run, "-w,--wait,--timeout", typed.wait, "DURATION", "wait at most this long (for ever)");
    value(*run, "-E,--conflict-exit-code", typed.conflict_exit_code, "N", "status when the lock was not acquired (75)");
    value(*run, "-c,--shell", strings.shell, "STRING", "run the command through /bin/sh");
    value(*run, "--grace", typed.grace, "DURATION", "between SIGTERM and SIGKILL on loss (TTL/4, at most 5s)");
    value(*run, "--on-lost", typed.on_lost, "stop|ignore", "what happens to the command when the lock is lost (stop)");
    value(*run, "--leftovers", typed.leftovers, "wait|kill|leave",
          "the command has ended and others of its group have not (wait)");
    run->add_flag("--tree", typed.tree, "when the command is stopped, stop descendants outside its group as well");
    value(*run, "--max-hold", typed.max_hold, "DURATION", "stop the command after this long (never)");
    value(*run, "--drift", typed.drift, "RATIO", "bound on the difference of clock rates (0.01)");
}

void add_others(CLI::App& app, Arguments& arguments) {
    CLI::App* status = app.add_subcommand("status", "who holds lock NAME");
    add_name(*status, "NAME", arguments, "the lock")->required();
    CLI::App* list = app.add_subcommand("list", "every held lock, or those that match GLOB");
    add_name(*list, "GLOB", arguments, "as in 'deploy-*'");
    CLI::App* force = app.add_subcommand("force-release", "take lock NAME away from its holder");
    add_name(*force, "NAME", arguments, "the lock")->required();
    for (CLI::App* command : {status, list, force}) add_common_options(*command, arguments.typed);
}

CommandName command_name(const CLI::App& app) {
    const std::string name = app.get_subcommands().front()->get_name();
    if (name == "run") return CommandName::run;
    if (name == "status") return CommandName::status;
    return name == "list" ? CommandName::list : CommandName::force_release;
}

/// The words of `run` behind NAME: what CLI11 left, and what stood behind "--", which it never saw.
std::vector<std::string> command_words(const CLI::App& run, std::span<const char* const> behind_dashes, bool dashes,
                                       const std::optional<std::string>& shell) {
    std::vector<std::string> words;
    for (std::string& word : run.remaining()) words.push_back(unmarked(std::move(word)));
    if (!words.empty() && words.front().size() > 1 && words.front().front() == '-')
        throw Failure{ExitStatus::usage,
                      fmt::format("'{}' is not an option of run; see holdfast run --help", printable(words.front()))};
    // A "--" between words of the command is the command's own.
    if (dashes && !words.empty()) words.emplace_back("--");
    words.insert(words.end(), behind_dashes.begin(), behind_dashes.end());
    if (shell && !words.empty())
        throw Failure{ExitStatus::usage, fmt::format("-c and the command '{}' contradict each other; give one of them",
                                                     printable(words.front()))};
    if (shell) return {"/bin/sh", "-c", *shell};
    if (words.empty()) throw Failure{ExitStatus::usage, "no command given; as in: holdfast run NAME -- COMMAND"};
    return words;
}

Failure not_understood(const CLI::App& app, const CLI::ParseError& error) {
    const bool no_command = app.get_subcommands().empty();
    const std::vector<std::string> rest = app.remaining();
    if (no_command && rest.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return {ExitStatus::usage, "no command given, as in: holdfast run NAME -- COMMAND; see holdfast --help"};
    if (no_command && !rest.empty())
        return {ExitStatus::usage, fmt::format("'{}' is not {}; see holdfast --help", printable(unmarked(rest.front())),
                                               rest.front().starts_with('-') ? "an option" : "a command")};
    return {ExitStatus::usage, fmt::format("{}; see holdfast --help", printable(error.what(), 500))};
}

} // namespace

std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv) {
    const std::span all{argv, static_cast<size_t>(argc)};
    const auto dashes =
        std::ranges::find(all, std::string_view{"--"}, [](const char* word) { return std::string_view{word}; });
    const auto front = all.first(static_cast<size_t>(dashes - all.begin()));

    Arguments arguments;
    Strings strings;
    CLI::App app{"Hold a distributed lock in Redis around a command.", "holdfast"};
    app.require_subcommand(1);
    app.footer(std::string{help_footer});
    app.set_version_flag("--version", strings.version);
    add_common_options(app, arguments.typed);
    add_run(app, arguments, strings);
    add_others(app, arguments);
    // CLI11 takes them in reverse, without the program's own name.
    std::vector<std::string> words;
    for (size_t i = front.size(); i-- > 1;) words.push_back(marked(front[i]));
    try {
        app.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return Printed{app.help()};
    } catch (const CLI::CallForVersion&) {
        return Printed{strings.version + "\n"};
    } catch (const CLI::ParseError& error) {
        throw not_understood(app, error);
    }
    arguments.command = command_name(app);
    if (arguments.command == CommandName::list && arguments.name.empty()) arguments.name = "*";
    const bool has_dashes = dashes != all.end();
    const auto behind = has_dashes ? all.subspan(front.size() + 1) : all.last(0);
    if (arguments.command == CommandName::run)
        arguments.words = command_words(*app.get_subcommand("run"), behind, has_dashes, strings.shell);
    else if (has_dashes) throw Failure{ExitStatus::usage, "only run takes '--' and a command; see holdfast --help"};
    return arguments;
}

} // namespace holdfast
