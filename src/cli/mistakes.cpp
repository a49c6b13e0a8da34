#include "cli/mistakes.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/numbered.hpp"
#include "cli/command.hpp"
#include "cli/habits.hpp"
#include "cli/unknown_words.hpp"
#include "config/node_list.hpp"
#include "config/options.hpp"
#include "process/program_file.hpp"

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

/// Whether the word is "-wait" for "--wait", or "-child-exit-code" for an option of another program, as Go spells them.
bool is_long_with_one_dash(const std::string& word, const CommandRow& command) {
    constexpr size_t shortest = 5; // -nb is -n and -b
    if (!word.starts_with('-') || word.starts_with("--") || word.size() < 3) return false;
    const std::string spelling = "-" + word.substr(0, word.find('='));
    return find_option(command, spelling) ||
           (word.size() >= shortest && !here_for_option(spelling, takes_locks(command)).empty());
}

} // namespace

void refuse_typography(const std::string& word) {
    // U+2010 to U+201F, and U+2212.
    const bool general = word.starts_with("\xE2\x80") && word.size() > 2 && (word[2] & 0xF0) == 0x90;
    if (!general && !word.starts_with("\xE2\x88\x92")) return;
    throw misuse("'{}' begins with a dash or a quote of a text editor, which the shell does not know; type it "
                 "anew, as - or '",
                 printable(word));
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

void refuse_synopsis(const std::string& name) {
    constexpr std::array words{"[option]",     "[options]",   "[OPTION]",     "[OPTIONS]",    "[option]...",
                               "[options]...", "[OPTION]...", "[OPTIONS]...", "[options...]", "[OPTIONS...]"};
    if (std::ranges::count(words, name) == 0) return;
    throw misuse("'{}' stands in a synopsis for options that may be left out; as in: holdfast run NAME -- COMMAND",
                 printable(name));
}

std::string next_if_not_found(const std::vector<std::string>& command, const std::string& locks) {
    const std::string name = printable(locks);
    const std::string& word = command.front();
    if (word.starts_with('-'))
        return "options of holdfast stand before the lock's name, as in: holdfast run -w 5m NAME -- COMMAND";
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
    if (is_number(locks))
        return fmt::format("was {0} to be the name? -n takes no number; --slots {0} lets {0} hold the lock", name);
    if (constexpr std::array units{"ms", "s", "sec", "seconds", "m", "min", "minutes", "h", "hours", "d", "days"};
        std::ranges::count(units, locks) > 0)
        return fmt::format("was {} to be the name? a duration is one word, as in -w 10m", name);
    if (const auto dashes = std::ranges::find(command, "--");
        dashes != command.begin() && dashes != command.end() && locks.find_first_of(":/") != std::string::npos)
        return fmt::format(
            "only the lock's name stands before '--', and options such as -v and -n take no value; as in: "
            "holdfast run {} -- COMMAND",
            printable(*(dashes - 1)));
    if (std::ranges::count(command, "--") > 0)
        return "only the lock's name stands before '--', as in: holdfast run NAME -- COMMAND; several names are one "
               "word with commas: NAME,NAME";
    return "give its whole path (functions and aliases of the shell are no programs)";
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
    if (find_option(command, "--ttl") && !is_number(word) && parse_duration(word))
        return misuse("{0} takes no '{1}' behind the lock's name; the TTL is --ttl {1}", full_name(command), word);
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
