#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/next_word.hpp"
#include "cli/screen.hpp"
#include "cli/target.hpp"
#include "config/resolve.hpp"
#include "lock/listing.hpp"
#include "redis/locator.hpp"

#include <fmt/format.h>
#include <sys/time.h>

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace holdfast {
namespace {

// The scripts ask `holdfast completion SHELL -- WORDS` how the last word may be completed. holdfast answers with one
// line for each word, a tab before its help; a line ":files" or ":command" leaves the completion to the shell.
constexpr const char* bash = R"(# holdfast(1) completion for bash
_holdfast() {
    local line word i words=() rest=${COMP_LINE:0:COMP_POINT}
    # bash takes --node=redis://a:1 apart at '=' and ':'; what stands together in the line is one word
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=${rest#"${rest%%[![:space:]]*}"}
        if ((i == 0)) || [[ -z $rest || $rest == [[:space:]]* ]]; then words+=("$word"); else words[-1]+=$word; fi
        rest=${rest#*"$word"}
    done
    # $2 is what bash will replace
    local kept=${words[-1]%"$2"}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files) compopt -o default ;;
        :command) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
        *)
            line=${line%%$'\t'*}
            printf -v line %q "${line#"$kept"}"
            COMPREPLY+=("$line")
            ;;
        esac
    done < <(holdfast completion bash -- "${words[@]:1}" 2>/dev/null)
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
        :files) compset -P '--*='; _files ;;
        :command) _command_names -e ;;
        *) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done < <(holdfast completion zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    (( $#described )) && _describe holdfast described
}
if [ "$funcstack[1]" = _holdfast ]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
)";

constexpr const char* fish = R"(# holdfast(1) completion for fish
function __holdfast
    set -l word (commandline -ct)
    set -l words (commandline -opc)[2..-1] $word
    for line in (holdfast completion fish -- $words 2>/dev/null)
        switch $line
            case :files
                set -l option (string match -r -- '^--[^=]*=' $word)
                for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' $word))
                    echo "$option$path"
                end
            case :command
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c holdfast -f -a '(__holdfast)'
)";

/// For how long a press of TAB may ask the nodes, and how long one of them may keep the others waiting.
constexpr milliseconds patience{300};
constexpr milliseconds node_patience{150};

/// Names of locks from the nodes; when they take too long, this process ends having printed nothing.
std::vector<NextWord::Word> lock_names(const Settings& settings) {
    // Pressing TAB must not start the server of a local: node.
    if (std::ranges::any_of(settings.nodes, [](const Secret& uri) { return uri.reveal().starts_with("local:"); }))
        return {};
    ::signal(SIGALRM, [](int) { ::_exit(0); });
    const itimerval once{{}, {0, std::chrono::microseconds{patience}.count()}};
    ::setitimer(ITIMER_REAL, &once, nullptr);
    const milliseconds node_timeout = std::min(settings.node_timeout, node_patience);
    NodeSet nodes{servers_of(configured_nodes(settings), node_timeout), node_timeout};
    nodes.resolve();
    std::vector<NextWord::Word> names;
    for (const auto& [key, seen] : list_locks(nodes, settings.key_prefix, "*").locks)
        names.push_back({key.name, describe(seen.record)});
    return names;
}

void answer(const std::vector<std::string>& typed) {
    NextWord next = next_word(typed);
    switch (next.kind) {
    case NextWord::Kind::program: show(":command\n"); return;
    case NextWord::Kind::file: show(":files\n"); return;
    case NextWord::Kind::lock: next.words = lock_names(resolve(next.settings, environment_variable).settings); break;
    case NextWord::Kind::profile:
        for (std::string& name : profile_names(next.settings, environment_variable))
            next.words.push_back({std::move(name)});
        break;
    case NextWord::Kind::known: break;
    }
    std::string lines;
    for (const auto& [text, help] : next.words)
        if (text.starts_with(next.begun))
            lines += fmt::format("{}{}\t{}\n", next.before, printable(text), printable(help, 300));
    show(lines);
}

Exit completion(const Arguments& typed, const Settings&) {
    const std::string& shell = typed.name;
    if (shell != "bash" && shell != "zsh" && shell != "fish")
        throw misuse("'{}' is no shell that is known here; choose bash, zsh or fish", printable(shell));
    if (typed.words.empty()) {
        show(shell == "bash" ? bash : shell == "zsh" ? zsh : fish);
        return ExitStatus::ok;
    }
    try {
        answer(typed.words);
    } catch (const Failure&) {
        // No message, because it would disturb the line that is being typed.
    }
    return ExitStatus::ok;
}

} // namespace

constinit const CommandRow completion_command{
    .name = "completion",
    .synopsis = "SHELL",
    .help = "print a completion script for SHELL: bash, zsh or fish",
    .example = "eval \"$(holdfast completion bash)\"",
    .behind = CommandRow::Behind::dashed_words,
    // Completion works even if the configuration is wrong.
    .needs_settings = false,
    .run = completion,
};

} // namespace holdfast
