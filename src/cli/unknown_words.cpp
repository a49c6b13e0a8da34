#include "cli/unknown_words.hpp"

#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "base/numbered.hpp"
#include "cli/habits.hpp"
#include "config/node_list.hpp"
#include "lock/lock_key.hpp"
#include "process/program_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace holdfast {
namespace {

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

/// The long option of the command that is near the word; empty: none.
std::string nearest_option(const std::string& word, const CommandRow& command) {
    std::vector<std::string> known;
    for (const OptionSyntax& option : options_of(command))
        for (const std::string_view spelling : split_spellings(option.spellings))
            if (spelling.starts_with("--")) known.emplace_back(spelling);
    return word.size() > 3 ? std::string{nearest(word, known)} : "";
}

/// How the sentence goes on that says that the option is not one of the command.
std::string lead_from_option(const std::string& typed, const CommandRow& command) {
    const bool of_run = takes_locks(command) || &command == &program_row;
    const std::string name = typed.substr(std::min(typed.find_first_not_of('-'), typed.size()));
    const std::string word = "--" + name;
    std::string with_dashes = word;
    std::ranges::replace(with_dashes, '_', '-');
    for (char& c : with_dashes)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (std::string found = suggestion(with_dashes, command); !found.empty()) return found;
    if (find_option(command, "--token") && (typed == "-f" || typed == "--file"))
        return "; --token-file FILE has the token";
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
    if (word.starts_with("--no-"))
        if (const auto denied = find_option(command, "--" + word.substr(5))) {
            if (denied->value.ends_with("off")) return fmt::format("; write --{} off", word.substr(5));
            if (denied->value.empty()) return fmt::format("; it is so unless --{} is given", word.substr(5));
        }
    if (std::string found = suggestion(nearest_option(word, command), command); !found.empty()) return found;
    const std::vector<std::string> pieces = pieces_of(name);
    for (const std::string& piece : pieces)
        if (std::string found = suggestion("--" + piece, command); !found.empty()) return found;
    for (const std::string& piece : pieces)
        if (const auto here = here_for_option("--" + piece, of_run); !here.empty()) return fmt::format("; {}", here);
    if (const auto here = here_for_option(word, of_run, Slip::perhaps); !here.empty()) return fmt::format("; {}", here);
    // The word may be several short options in one, as -xn; one of its letters may be no option.
    const bool has_letters_alone = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
    if (!typed.starts_with("--") && name.size() > 1 && has_letters_alone)
        for (const char letter : name)
            if (const std::string one{'-', letter}; letter != '-' && !find_option(command, one))
                return fmt::format(", for '{}' is none{}", printable(one), lead_from_option(one, command));
    if (&command == &run_command && typed.starts_with("--") && std::ranges::any_of(program_files(name), is_executable))
        return fmt::format("; a blank stands between '--' and a command, as in: holdfast run NAME -- {}",
                           printable(name));
    std::vector<std::string_view> own;
    for (const OptionSyntax& option : command.options) own.push_back(long_spelling(option.spellings));
    if (own.empty() || of_run) return fmt::format("; see {} --help", full_name(command));
    return fmt::format("; its own are {}; see {} --help", in_words(own), full_name(command));
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

} // namespace

Failure unknown_command(const std::string& word, const std::string& next) {
    const std::string shown = printable(masked(Secret{word}));
    const std::string begin = fmt::format("'{}' is not a command", shown);
    if (word.find("://") != std::string::npos || word.starts_with("local:"))
        return misuse("{}; a node's address stands behind --node, as in: holdfast run --node {} NAME -- COMMAND", begin,
                      shown);
    if (is_number(word) && word.size() < 3)
        return misuse("{}; holdfast locks no descriptor: holdfast run NAME -- COMMAND holds a lock around a command, "
                      "holdfast acquire NAME takes one for the rest of a script",
                      begin);
    if (is_number(word))
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

} // namespace holdfast
