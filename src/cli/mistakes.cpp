#include "cli/mistakes.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "cli/command.hpp"
#include "cli/habits.hpp"
#include "config/node_list.hpp"
#include "config/options.hpp"
#include "lock/lock_key.hpp"
#include "process/program_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <vector>

namespace holdfast {
namespace {

bool is_number(std::string_view word) { return word.find_first_not_of("0123456789") == std::string_view::npos; }

/// The commands that have the option, as a list in words; "holdfast alone" if only the program has it; empty: none has.
std::string owners_of(std::string_view spelling) {
    std::vector<std::string_view> names;
    for (const CommandRow* command : commands)
        if (find_option(*command, spelling)) names.push_back(command->name);
    return names.empty() && find_option(program_row, spelling) ? "holdfast alone" : in_words(names);
}

/// The parts of a word such as "redis-password".
std::vector<std::string> parts_of(const std::string& word) {
    std::vector<std::string> parts;
    for (size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
        end = word.find_first_of("-_:", at);
        if (end != at) parts.push_back(word.substr(at, end - at));
    }
    return parts;
}

/// The pieces of an option's word that may be another option: of "tls-key-file" first "key-file", then "tls-key", "key"
/// and "tls". Later pieces come first, because the end of a word says what its begin describes. None of a word that
/// begins with "no" or the like, and no piece such as "file", which alone says nothing.
std::vector<std::string> pieces_of(const std::string& word) {
    const std::vector<std::string> parts = parts_of(word);
    constexpr std::array denials{"no", "non", "not", "dont", "never", "without", "disable"};
    constexpr size_t most = 8; // no option's word has more
    if (parts.empty() || parts.size() > most || std::ranges::count(denials, parts.front()) > 0) return {};
    constexpr std::array empty{"lock", "name", "time", "timeout", "interval", "after", "file", "for", "from", "limit"};
    std::vector<std::string> pieces;
    for (size_t length = parts.size() - 1; length > 0; --length)
        for (size_t end = parts.size(); end >= length; --end) {
            const std::span piece{&parts[end - length], length};
            if (length > 1 || std::ranges::count(empty, piece.front()) == 0)
                pieces.push_back(fmt::format("{}", fmt::join(piece, "-")));
        }
    return pieces;
}

/// The end of a sentence that asks whether the option `meant` was meant, with the line that help has for that option,
/// so that nobody takes it for another one; empty if the command does not have the option.
std::string suggestion(std::string_view meant, const CommandRow& command) {
    const auto option = find_option(command, meant);
    if (!option) return "";
    return fmt::format(" (did you mean '{0}'?); see {1} --help\n  {0}{2}{3}  {4}", meant, full_name(command),
                       option->value.empty() ? "" : " ", option->value, option->help);
}

/// The end of a sentence on a word such as "ttl=30s" that lacks its dashes; empty if the command has no such option.
std::string with_dashes(const std::string& word, const CommandRow& command) {
    const size_t equals = word.find('=');
    const auto option =
        equals == std::string::npos ? std::nullopt : find_option(command, "--" + word.substr(0, equals));
    return option ? fmt::format("an option begins with two dashes, as in --{}", printable(word)) : "";
}

/// The long option of the command that is near the word; empty: none.
std::string nearest_option(const std::string& word, const CommandRow& command) {
    std::vector<std::string> known;
    for (const OptionSyntax& option : options_of(command))
        for (const std::string_view spelling : split_spellings(option.spellings))
            if (spelling.starts_with("--")) known.emplace_back(spelling);
    return word.size() > 3 ? std::string{nearest(word, known)} : "";
}

bool is_executable(const std::string& file) { return ::access(file.c_str(), X_OK) == 0; }

/// How the sentence goes on that says that the option is not one of the command.
std::string lead_from_option(const std::string& typed, const CommandRow& command) {
    const bool of_run = takes_locks(command) || &command == &program_row;
    const std::string name = typed.substr(std::min(typed.find_first_not_of('-'), typed.size()));
    const std::string word = "--" + name;
    // Programs in Go take -name for --name.
    for (const std::string& spelling : {typed, word}) {
        if (const auto here = here_for_option(spelling, of_run); !here.empty()) return fmt::format("; {}", here);
        if (const std::string owners = owners_of(spelling); !owners.empty() && !find_option(command, spelling))
            return &command == &program_row
                       ? fmt::format(", but of {0}; it stands behind that word, as in: holdfast {1} {2} ...", owners,
                                     owners.substr(0, owners.find_first_of(", ")), spelling)
                       : fmt::format(", but of {}; see {} --help", owners, full_name(command));
    }
    if (const CommandRow* meant = find_command(name))
        return fmt::format("; '{}' is a command, as in: {}", name, meant->example);
    const auto denied = word.starts_with("--no-") ? find_option(command, "--" + word.substr(5)) : std::nullopt;
    if (denied && denied->value.empty()) return fmt::format("; it is so unless --{} is given", word.substr(5));
    if (std::string found = suggestion(nearest_option(word, command), command); !found.empty()) return found;
    const std::vector<std::string> pieces = pieces_of(name);
    for (const std::string& piece : pieces)
        if (std::string found = suggestion("--" + piece, command); !found.empty()) return found;
    for (const std::string& piece : pieces)
        if (const auto here = here_for_option("--" + piece, of_run); !here.empty()) return fmt::format("; {}", here);
    if (const auto here = here_for_option(word, of_run, Slip::perhaps); !here.empty()) return fmt::format("; {}", here);
    // The word may be several short options in one, as -xn; one of its letters may be no option.
    if (!typed.starts_with("--") && name.size() > 1)
        for (const char letter : name)
            if (const std::string one{'-', letter}; letter != '-' && !find_option(command, one))
                return fmt::format(", for '{}' is none{}", printable(one), lead_from_option(one, command));
    if (&command == &run_command && typed.starts_with("--") && std::ranges::any_of(program_files(name), is_executable))
        return fmt::format("; a blank stands between '--' and a command, as in: holdfast run NAME -- {}",
                           printable(name));
    return fmt::format("; see {} --help", full_name(command));
}

/// The command that was likely meant; nullptr: none.
const CommandRow* near(const std::string& word) {
    std::vector<std::string> names;
    for (const CommandRow* command : commands) names.emplace_back(command->name);
    return find_command(nearest(word, names));
}

/// How the sentence goes on that says that the word is not a command; empty: nothing is known of it.
std::string lead_from(const std::string& word, const CommandRow* meant) {
    if (const auto here = here_for_command(word); !here.empty()) return fmt::format("; {}", here);
    if (meant == nullptr) return "";
    return fmt::format(" (did you mean '{0}'?); see holdfast --help\n  {0}  {1}", meant->name, meant->help);
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

std::string full_name(const CommandRow& command) {
    return command.name.empty() ? "holdfast" : fmt::format("holdfast {}", command.name);
}

bool takes_locks(const CommandRow& command) { return command.settings != Option::Scope::everywhere; }

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

Failure unknown_command(const std::string& word, const std::string& next) {
    const std::string shown = printable(masked(Secret{word}));
    const std::string begin = fmt::format("'{}' is not a command", shown);
    if (word.find("://") != std::string::npos || word.starts_with("local:"))
        return misuse("{}; a node's address stands behind --node, as in: holdfast run --node {} NAME -- COMMAND", begin,
                      shown);
    if (is_number(word) && !word.empty() && word.size() < 3)
        return misuse("{}; holdfast locks no descriptor: holdfast run NAME -- COMMAND holds a lock around a command, "
                      "holdfast acquire NAME takes one for the rest of a script",
                      begin);
    if (is_number(word) && !word.empty())
        return misuse("{}; a port stands behind its host with a colon, as in: holdfast run --node redis://HOST:{} NAME "
                      "-- COMMAND",
                      begin, shown);
    if (const CommandRow* behind = find_command(next); behind != nullptr && near(word) == nullptr)
        return misuse("{}, but '{}' is one, as in: {}", begin, next, behind->example);
    if (const std::string lead = lead_from(word, near(word)); !lead.empty()) return misuse("{}", begin + lead);
    for (const std::string& part : parts_of(word))
        if (const std::string lead = lead_from(part, find_command(part)); !lead.empty() && !part.starts_with("lock"))
            return misuse("{}", begin + lead);
    if (const auto here = here_for_command(word, Slip::perhaps); !here.empty()) return misuse("{}; {}", begin, here);
    std::error_code none;
    if (word.find('/') != std::string::npos && is_executable(word) && std::filesystem::is_regular_file(word, none))
        return misuse("{}, but a program; a lock's name stands before it, as in: holdfast run NAME -- {}", begin,
                      shown);
    if (not_a_lock_name(word)) return misuse("{}", begin + "; see holdfast --help");
    return misuse("{}; if it names a lock: holdfast run {} -- COMMAND; see holdfast --help", begin, shown);
}

Failure unknown_option(const std::string& word, const CommandRow& command) {
    const std::string typed = word.substr(0, word.find('='));
    const std::string shown = printable(typed);
    if (word.find("\xC2\xA0") != std::string::npos)
        return misuse("'{}' has a space in it that the shell takes for a letter, as web pages have them; type it anew",
                      printable(word));
    if (word.size() > 2 && word.find_first_not_of('-') == std::string::npos)
        return misuse("'{}' is not an option; two dashes stand before the command, as in: holdfast run NAME -- COMMAND",
                      printable(word));
    if (word.starts_with("-- "))
        return misuse("'{} ...' is one word; the quotes begin behind '--', as in: holdfast run NAME -- COMMAND, or -c "
                      "'LINE' for a line of shell",
                      printable(word.substr(0, word.find(' ', 3))));
    const auto option = typed.starts_with("--") ? std::nullopt : find_option(command, typed);
    if (option && option->value.empty()) return misuse("'{}' takes no value; leave '=' and all behind it out", shown);
    if (option)
        return misuse("'{}' takes no '='; a short option goes without it, as in -w5m, a long one with it, as in "
                      "--wait=5m",
                      shown);
    if (takes_locks(command) && typed.size() > 2 && typed.starts_with("-n") && is_number(typed.substr(2)))
        return misuse("'{}': -n takes no number; --slots {} lets so many hold the lock at once", shown,
                      typed.substr(2));
    return misuse("'{}' is not an option of {}{}", shown, full_name(command), lead_from_option(typed, command));
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
        if (option && option->value.empty() && !next.empty() && is_number(next.substr(0, 1)))
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
