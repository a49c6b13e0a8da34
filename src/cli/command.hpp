// A command of holdfast is one row, at the end of the file that has the command's function. The parser, help,
// completion and main() know of a command only what its row says.
#pragma once

#include "cli/exit.hpp"
#include "config/options.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct CommandRow;

/// An option as it can be typed.
struct OptionSyntax {
    std::string_view spellings; ///< "-y,--yes"; the last one is its name
    std::string_view value;     ///< "DURATION", "stop|ignore"; empty when it takes none
    std::string_view help;
};

/// A command line as typed.
struct Arguments {
    const CommandRow* command = nullptr; ///< nullptr: --print-config, whatever else was typed
    std::string name; ///< the command's argument: a lock, a shell, a glob (if left out: one that all match)
    std::vector<std::string> words;                             ///< the words that CommandRow::behind allows, unchanged
    Layer settings;                                             ///< the typed options that config/options.hpp has
    std::map<std::string_view, std::optional<std::string>> own; ///< the command's own options

    /// Whether one of the command's own options was typed, and its value, by the option's name, such as "--json". The
    /// name of any other option throws std::out_of_range.
    bool has(std::string_view option) const { return value(option).has_value(); }
    const std::optional<std::string>& value(std::string_view option) const { return own.at(option); }
    /// The value of such an option as a duration; nothing if the option was not typed. Throws Failure for a value that
    /// is no duration.
    std::optional<milliseconds> duration(std::string_view option) const;
    /// Throws Failure when more than one of these own options was typed.
    void refuse_several_of(const std::vector<std::string_view>&) const;
};

struct CommandRow {
    /// What may be typed after the argument.
    enum class Behind {
        nothing,
        dashed_words, ///< "--" and any words
        command,      ///< a command to run, and its words, with "--" before them or without
    };

    std::string_view name;
    /// What is typed after the options, one form a line. It begins with the command's argument, in brackets if the
    /// argument may be left out; empty: the command has no argument.
    std::string_view synopsis{};
    std::string_view help;          ///< a sentence without its capital and its full stop
    std::string_view example;       ///< a line that works where nodes are configured, or names them
    std::string_view exit_status{}; ///< the rest of a sentence that begins "The exit status is"; empty: nothing to say
    Option::Scope settings = Option::Scope::everywhere; ///< the settings that can be typed after the command
    /// The command's own options, beside the settings. One with a setting's name gives that setting a value.
    std::span<const OptionSyntax> options{};
    Behind behind = Behind::nothing;
    /// Checks and completes the typed words, before the settings are resolved. Throws Failure.
    void (*interpret)(Arguments&) = nullptr;
    bool needs_settings = true; ///< false: the command runs with the defaults, so a wrong configuration does not matter
    /// Does the command's work. Throws Failure.
    Exit (*run)(const Arguments&, const Settings&) = nullptr;

    std::string_view argument() const; ///< "NAME", "GLOB", "SHELL", "COMMAND", "stop" or nothing
    bool argument_required() const { return !synopsis.empty() && !synopsis.starts_with('['); }
};

/// "holdfast run"; for program_row "holdfast".
std::string full_name(const CommandRow&);
/// Whether the command takes locks: run or acquire.
bool takes_locks(const CommandRow&);

/// Gives the setting a value on the command line. The last of several values counts, but those of a list add up.
void give(Layer&, const Option&, std::string value);

/// All options that can be typed after the command: first its own, then those of every command.
std::vector<OptionSyntax> options_of(const CommandRow&);
/// The one of options_of() with that spelling; nothing if there is none.
std::optional<OptionSyntax> find_option(const CommandRow&, std::string_view spelling);

/// "a, b and c".
std::string in_words(const std::vector<std::string_view>&);

/// Every command of holdfast, in the order in which help lists them.
extern const CommandRow run_command, acquire_command, renew_command, release_command, verify_command, status_command,
    list_command, history_command, metrics_command, force_release_command, forget_command, doctor_command,
    completion_command, local_command, help_command;

inline constexpr std::array commands{&run_command,        &acquire_command,       &renew_command,  &release_command,
                                     &verify_command,     &status_command,        &list_command,   &history_command,
                                     &metrics_command,    &force_release_command, &forget_command, &doctor_command,
                                     &completion_command, &local_command,         &help_command};

inline constexpr std::string_view as_the_command =
    "the command's own, or 64 usage, 69 too few nodes, 70 internal error, 75 not acquired, 76 not a lock, 77 refused "
    "by a node, 78 configuration, 79 lock lost, 124 --max-hold ran out, 126 not executable, 127 not found.";

/// What may be typed before a command, as a row without a name.
extern const CommandRow program_row;

/// The command of that name; nullptr when there is none.
const CommandRow* find_command(std::string_view name);

} // namespace holdfast
