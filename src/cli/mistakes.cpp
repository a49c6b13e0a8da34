#include "cli/mistakes.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/numbered.hpp"
#include "cli/command.hpp"
#include "cli/habits.hpp"
#include "cli/unknown_words.hpp"
#include "config/node_list.hpp"
#include "config/options.hpp"
#include "doctor/finding.hpp"
#include "process/program_file.hpp"
#include "redis/misspelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace holdfast {
namespace {

/// The end of a sentence on a word such as "ttl=30s" that lacks its dashes; empty if the command has no such option.
std::string with_dashes(const std::string& word, const CommandRow& command) {
    const size_t equals = word.find('=');
    const auto option =
        equals == std::string::npos ? std::nullopt : find_option(command, "--" + word.substr(0, equals));
    return option ? fmt::format("an option begins with two dashes, as in --{}", printable(word)) : "";
}

constexpr std::array units{"ms", "s", "sec", "seconds", "m", "min", "minutes", "h", "hours", "d", "days"};

/// Whether the word is "-wait" for "--wait", or "-child-exit-code" for an option of another program, as Go spells them.
bool is_long_with_one_dash(const std::string& word, const CommandRow& command) {
    constexpr size_t shortest = 5; // -nb is -n and -b
    if (!word.starts_with('-') || word.starts_with("--") || word.size() < 3) return false;
    const std::string spelling = "-" + word.substr(0, word.find('='));
    return find_option(command, spelling) ||
           (word.size() >= shortest && !here_for_option(spelling, takes_locks(command)).empty());
}

} // namespace

bool is_address(const std::string& word) {
    const size_t slashes = word.find("://");
    return slashes != std::string::npos && !word.starts_with("http") && !meant_by(word.substr(0, slashes + 3)).empty();
}

void refuse_typography(const std::string& word) {
    const std::string shown = printable(masked(Secret{word}));
    if (is_typographic(word))
        throw misuse("'{}' begins with a dash or a quote of a text editor, which the shell does not know; type it "
                     "anew, as - or '",
                     shown);
    if (is_utf8(word) && word.find(' ') == std::string::npos && has_spaces(word))
        throw misuse("'{}' has a space in it that the shell takes for a letter, as web pages have them; type it anew",
                     shown);
}

void refuse_variable(const std::string& name, std::span<const std::string> behind) {
    const size_t equals = name.find('=');
    constexpr std::string_view of_variables = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    if (equals == std::string::npos || name.find_first_not_of(of_variables) != equals) return;
    const auto dashes = std::ranges::find(behind, "--");
    const bool name_follows = dashes != behind.end() && dashes != behind.begin();
    if (name_follows || name.starts_with("HOLDFAST_"))
        throw misuse("'{0}' stands where the lock's name does; a variable is set before holdfast, as in: {0} holdfast "
                     "run {1} -- COMMAND",
                     printable(masked(Secret{name})), name_follows ? printable(*(dashes - 1)) : "NAME");
}

void refuse_other_words(const std::string& name, const CommandRow& command) {
    const std::string shown = printable(masked(Secret{name}));
    if (is_address(name))
        throw misuse("'{0}' is a node's address and stands where the lock's name does; --node {0} names a server, and "
                     "several are one word with commas and no spaces",
                     shown);
    if (name.find(" -- ") != std::string::npos)
        throw misuse("'{0}' is one word, so the quotes around it are too many, as in: holdfast run {0}", shown);
    if (const std::string next = with_dashes(name, command); !next.empty())
        throw misuse("'{}' stands where the lock's name does; {}", shown, next);
}

void refuse_synopsis(const std::string& name) {
    constexpr std::array words{"[option]",     "[options]",   "[OPTION]",     "[OPTIONS]",    "[option]...",
                               "[options]...", "[OPTION]...", "[OPTIONS]...", "[options...]", "[OPTIONS...]"};
    if (std::ranges::count(words, name) == 0) return;
    throw misuse("'{}' stands in a synopsis for options that may be left out; as in: holdfast run NAME -- COMMAND",
                 printable(name));
}

void refuse_option_as_command(const std::string& word) {
    if (!word.starts_with('-') || word.size() == 1 || std::ranges::any_of(program_files(word), is_executable)) return;
    const std::string shown = printable(word);
    if (word.find('/') == 1)
        throw Failure{ExitStatus::not_found,
                      fmt::format("'{}' does not exist; a '-' before a path is for the ExecStart= "
                                  "of systemd, and is left out here",
                                  shown)};
    throw Failure{ExitStatus::not_found,
                  fmt::format("no program has the name '{}'; options of holdfast stand before the lock's name, as in: "
                              "holdfast run -w 5m NAME -- COMMAND",
                              shown)};
}

std::string next_if_not_found(const std::vector<std::string>& command, const std::string& locks) {
    const std::string name = printable(locks);
    const std::string& word = command.front();
    const auto dashes = std::ranges::find(command, "--");
    const auto is_unit = [](const std::string& text) { return std::ranges::count(units, text) > 0; };
    if (word.starts_with(' '))
        return "is there a space behind the backslash at the end of a line? The shell joins two lines only if the "
               "backslash is the last character";
    const auto is_cron = [](std::string_view field) { return field.starts_with('*') || is_number(field); };
    if (word.starts_with('@') || (command.size() > 1 && is_cron(word) && is_cron(command[1])))
        return "is that the time of a crontab's line? It stands before holdfast there, as in: 0 3 * * * holdfast run "
               "NAME -- COMMAND";
    if (const std::string next = with_dashes(word, run_command); !next.empty())
        return next + ", and stands before the lock's name";
    if (word.find('=') < word.find('/')) return "for a line of shell use -c";
    if (word.starts_with("\xC3\x9F")) return "was '--' meant? Some keyboards have the letter where others have '-'";
    if (locks.find('/') != std::string::npos && is_executable(locks))
        return fmt::format("the lock's name comes first, as in: holdfast run NAME -- {0} ...; is a variable before {0} "
                           "not set?",
                           name);
    if (locks.find('=') != std::string::npos)
        return fmt::format("was {} to be the name? a variable is set before holdfast", name);
    if (is_number(locks) && locks.size() > 3)
        return fmt::format("was {0} to be the name? a port stands behind its host, as in --node redis://HOST:{0}",
                           name);
    if (locks == "0") return "was 0 to be the name? -n takes no number";
    if (is_number(locks))
        return fmt::format("was {0} to be the name? -n takes no number; --slots {0} lets {0} hold the lock", name);
    if ((is_unit(locks) && dashes != command.end()) || parse_duration(locks))
        return fmt::format("was {} to be the name? a duration is one word, as in -w 10m or -w 1h30m", name);
    if (std::any_of(command.begin(), dashes, is_unit) && dashes != command.end())
        return "a duration is one word, as in -w 10m, and only the lock's name stands before '--'";
    if (word == "root")
        return "is that the user of a line of /etc/cron.d? It stands before holdfast there, as in: 0 3 * * * root "
               "holdfast run NAME -- COMMAND";
    if (dashes != command.end())
        return "only the lock's name stands before '--', and options such as -n, -s and -v take no value; as in: "
               "holdfast "
               "run NAME -- COMMAND; several names are one word with commas: NAME,NAME";
    return "give its whole path (an alias is no program; bash -c finds a function after export -f)";
}

void refuse_host_of_help(std::span<const std::string> words) {
    const auto help = std::ranges::find(words, "-h");
    if (help == words.end() || help + 1 == words.end() || find_command(help[1])) return;
    const std::string& word = help[1];
    if (word.find_first_of(".:") == std::string::npos && word != "localhost") return;
    throw misuse("-h is --help; a server is named by --node, as in: holdfast run --node redis://HOST:PORT NAME -- "
                 "COMMAND");
}

void refuse_slips(std::span<const std::string> words, const CommandRow& command) {
    for (const std::string& word : words)
        if (is_long_with_one_dash(word, command) || (word.starts_with('-') && word.size() > 2 && word[2] == '='))
            throw unknown_option(word, command);
    for (const std::string& word : words)
        if (const size_t equals = word.find('='); word.starts_with("--") && equals != std::string::npos)
            if (const auto option = find_option(command, word.substr(0, equals)); option && option->value.empty())
                throw misuse("'{}' takes no value; leave '=' and all behind it out{}",
                             printable(word.substr(0, equals)),
                             option->spellings == find_option(command, "-n")->spellings && takes_locks(command)
                                 ? "; -w DURATION waits for so long at most"
                                 : "");
    const auto is_shell = [](const std::string& word) { return word == "-c" || word == "--shell"; };
    if (&command == &run_command && std::ranges::count_if(words, is_shell) > 1)
        throw misuse("-c (--shell) is given twice, and takes the line itself; for another shell: holdfast run NAME -- "
                     "bash -c 'LINE'");
    const auto is_typed = [&](const char* option) {
        return std::ranges::any_of(words,
                                   [&](const std::string& word) { return word.substr(0, word.find('=')) == option; });
    };
    if (takes_locks(command) && is_typed("--timeout") && (is_typed("-w") || is_typed("--wait")))
        throw misuse("--timeout is another name of -w (--wait), and both are given; give one; --max-hold DURATION "
                     "stops a command that runs for longer");
    for (const std::string& word : words)
        if (word.starts_with("--") && word.find('=') == word.size() - 1)
            throw misuse("{} has no value; is a variable of the shell not set?", printable(word));
}

void refuse_swallowed_name(const Arguments& typed) {
    for (const Option& option : options()) {
        const auto given = typed.settings.find(option.name);
        if (option.kind != Option::Kind::duration || given == typed.settings.end() ||
            parse_duration(given->second.text))
            continue;
        const std::string value = printable(given->second.text);
        throw misuse("'{0}' is the value of {1} here, and no duration; as in: holdfast run {1} 5m {0} -- {2}", value,
                     given->second.where, printable(typed.name));
    }
}

void refuse_nodes_behind(std::span<const std::string> command) {
    const auto is_node = [](const std::string& word) { return word == "--node" || word.starts_with("--node="); };
    if (command.empty() || std::ranges::none_of(command, is_node)) return;
    throw Failure{
        ExitStatus::configuration,
        fmt::format("no nodes configured; '--node' behind {} belongs to that command, and options of holdfast "
                    "stand before the lock's name, as in: holdfast run --node redis://HOST:PORT NAME -- COMMAND",
                    printable(command.front()))};
}

Failure one_word_too_many(const std::string& word, std::span<const std::string> words, const CommandRow& command) {
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        const auto option = find_option(command, words[i]);
        const std::string_view next = words[i + 1];
        if (option && option->value.empty() && is_number(next.substr(0, 1)))
            return misuse("'{}' takes no value; leave '{}' out", words[i], printable(next));
    }
    if (const char* const option = find_option(command, "--ttl") ? "--ttl" : "--since";
        find_option(command, option) && parse_duration(word))
        return misuse("{0} takes no '{1}'; if a duration is meant: {2} {1}{3}", full_name(command), word, option,
                      is_number(word) ? "s" : "");
    for (const std::string& other : words)
        if (other.find(' ') != std::string::npos && find_option(command, "--reason"))
            return misuse("'{0}' cannot name a lock; a reason stands behind --reason, as in: {1} --reason '{0}' {2}",
                          printable(other), full_name(command), printable(word));
    if (std::ranges::count(words, "--acl") > 0)
        return misuse("{} takes no '{}'; a user stands in the address, as in: --node redis://{}:@HOST",
                      full_name(command), printable(word), printable(word));
    if (&command == &doctor_command && std::ranges::count(checks, word) > 0)
        return misuse("{} takes no '{}'; several checks have commas between, as in: --accept nodes,lock",
                      full_name(command), word);
    for (const OptionSyntax& option : command.options)
        if (option.value == "TEXT" && std::ranges::count(words, option.spellings) > 0)
            return misuse("{} takes no '{}'; several words of {} stand in quotes", full_name(command), printable(word),
                          option.spellings);
    if (const std::string next = with_dashes(word, command); !next.empty())
        return misuse("{} takes no '{}'; {}", full_name(command), printable(masked(Secret{word})), next);
    const std::string_view argument = command.argument();
    const std::string_view why = find_option(command, "--token") ? " behind the lock's name, but --token TOKEN"
                                 : takes_locks(command) ? " behind the lock's name; only run takes a command there"
                                 : argument == "NAME"   ? " behind the lock's name: it takes one, and list a pattern"
                                 : argument == "GLOB"   ? ", only one pattern, in quotes, as in 'deploy-*'"
                                 : argument.empty()     ? "; --node redis://HOST names a server"
                                                        : "";
    return misuse("{} takes no '{}'{}; see {} --help", full_name(command), printable(masked(Secret{word})), why,
                  full_name(command));
}

} // namespace holdfast
