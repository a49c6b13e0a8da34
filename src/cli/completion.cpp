#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/commands.hpp"
#include "lock/listing.hpp"

#include <fmt/format.h>
#include <sys/time.h>

#include <algorithm>
#include <span>

namespace holdfast {
namespace {

// The scripts ask `holdfast completion SHELL -- WORDS` what may stand where the last word is being typed. It answers
// with a line each, a tab before what there is to say of it; one line ":files" or ":command" leaves it to the shell.
constexpr const char* bash = R"(# holdfast(1) completion for bash
_holdfast() {
    local IFS=$'\n' line words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=()
    # bash takes URIs and --option=value apart at ':' and '='
    [[ ${COMP_WORDS[COMP_CWORD]} == [:=] ]] && return
    while read -r line; do
        case $line in
        :files) compopt -o default ;;
        :command) mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}") ;;
        *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <(holdfast completion bash -- "${words[@]}" 2>/dev/null)
}
complete -F _holdfast holdfast
)";

constexpr const char* zsh = R"(#compdef holdfast
# holdfast(1) completion for zsh
_holdfast() {
    local line
    local -a described
    while IFS= read -r line; do
        case $line in
        :files) _files ;;
        :command) _command_names -e ;;
        *) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done < <(holdfast completion zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( $#described )) && _describe holdfast described
}
if [ "$funcstack[1]" = _holdfast ]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
)";

constexpr const char* fish = R"(# holdfast(1) completion for fish
function __holdfast
    set -l words (commandline -opc)[2..-1] (commandline -ct)
    for line in (holdfast completion fish -- $words 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :command
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c holdfast -f -a '(__holdfast)'
)";

constexpr milliseconds patience{300};

struct Candidates {
    std::string typed;
    std::string lines;

    void add(const std::string& word, const std::string& about = "") {
        if (word.starts_with(typed)) lines += fmt::format("{}\t{}\n", printable(word, 300), printable(about, 300));
    }
};

/// Names of locks from the nodes. When they take too long, SIGALRM ends us before anything has been printed.
void add_locks(Candidates& candidates, const Settings& settings) {
    // To press a key starts no server.
    if (std::ranges::any_of(settings.nodes, [](const Secret& uri) { return uri.reveal().starts_with("local:"); }))
        return;
    const itimerval once{{}, {0, std::chrono::duration_cast<std::chrono::microseconds>(patience).count()}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
    NodeSet nodes{configured_nodes(settings), settings.node_timeout};
    nodes.resolve();
    for (const auto& [key, seen] : list_locks(nodes, settings.key_prefix, "*").locks)
        candidates.add(key.name, describe(seen.record));
}

void add_choices(Candidates& candidates, const std::string& value) {
    for (size_t begin = 0; begin < value.size();) {
        const size_t bar = std::min(value.find('|', begin), value.size());
        const std::string word = value.substr(begin, bar - begin);
        if (word.front() >= 'a') candidates.add(word);
        begin = bar + 1;
    }
}

/// Where the words before the one that is being typed have led.
struct Place {
    const CommandSyntax* command;
    const CommandSyntax::Option* option = nullptr; ///< whose value is being typed
    size_t arguments = 0;                          ///< of the command, so far
    bool behind_dashes = false;
    Layer settings{}; ///< what was typed of nodes and profile
};

const CommandSyntax::Option* find_option(const CommandSyntax& command, const std::string& spelling) {
    const auto found = std::ranges::find_if(command.options, [&](const CommandSyntax::Option& option) {
        return std::ranges::find(option.spellings, spelling) != option.spellings.end();
    });
    return found == command.options.end() ? nullptr : &*found;
}

void note(Layer& settings, const CommandSyntax::Option& syntax, const std::string& value) {
    for (const Option& option : options())
        if (!option.spellings.empty() && syntax.spellings.back() == option.flag())
            settings.insert_or_assign(std::string{option.name}, Given{Source::command_line, option.flag(), value});
}

Place place_of(const std::vector<CommandSyntax>& commands, std::span<const std::string> before) {
    Place place{&commands.front()};
    for (const std::string& word : before) {
        if (place.behind_dashes) continue;
        if (const auto* option = std::exchange(place.option, nullptr)) {
            note(place.settings, *option, word);
            continue;
        }
        if (word == "--") place.behind_dashes = true;
        else if (word.starts_with('-')) {
            const size_t equals = word.find('=');
            const auto* option = find_option(*place.command, word.substr(0, equals));
            if (option == nullptr || option->value.empty()) continue;
            if (equals == std::string::npos) place.option = option;
            else note(place.settings, *option, word.substr(equals + 1));
        } else if (place.command->name.empty()) {
            const auto found = std::ranges::find(commands, word, &CommandSyntax::name);
            if (found != commands.end()) place.command = &*found;
        } else ++place.arguments;
    }
    return place;
}

std::string candidates(const std::vector<std::string>& words) {
    const std::vector<CommandSyntax> commands = syntax();
    const std::span before{words.begin(), words.empty() ? words.begin() : words.end() - 1};
    const Place place = place_of(commands, before);
    Candidates all{words.empty() ? "" : words.back(), ""};
    const CommandSyntax& command = *place.command;
    if (place.option != nullptr) {
        const std::string& value = place.option->value;
        if (place.option->spellings.back() == "--profile")
            for (const std::string& name : profile_names(place.settings, environment_variable)) all.add(name);
        else if (value == "FILE" || value == "DIR") return ":files\n";
        else if (value.find('|') != std::string::npos) add_choices(all, value);
        return all.lines;
    }
    if (place.behind_dashes || (command.name == "run" && place.arguments > 0))
        return place.arguments > 1 || (place.behind_dashes && before.back() != "--") ? ":files\n" : ":command\n";
    if (all.typed.starts_with('-')) {
        for (const CommandSyntax::Option& option : command.options) all.add(option.spellings.back(), option.help);
        return all.lines;
    }
    if (command.name.empty())
        for (const CommandSyntax& one : commands) {
            if (!one.name.empty()) all.add(one.name, one.help);
        }
    else if (command.argument == "SHELL" && place.arguments == 0)
        for (const char* shell : {"bash", "zsh", "fish"}) all.add(shell);
    else if (!command.argument.empty() && place.arguments == 0)
        add_locks(all, resolve(place.settings, environment_variable).settings);
    return all.lines;
}

} // namespace

Exit completion(const Arguments& arguments) {
    const std::string& shell = arguments.name;
    if (shell != "bash" && shell != "zsh" && shell != "fish")
        throw Failure{ExitStatus::usage,
                      fmt::format("'{}' is no shell that is known here; choose bash, zsh or fish", printable(shell))};
    if (arguments.words.empty()) {
        fmt::print("{}", shell == "bash" ? bash : shell == "zsh" ? zsh : fish);
        return ExitStatus::ok;
    }
    try {
        fmt::print("{}", candidates(arguments.words));
    } catch (const Failure&) {
        // Who presses a key wants no sentences.
    }
    return ExitStatus::ok;
}

} // namespace holdfast
