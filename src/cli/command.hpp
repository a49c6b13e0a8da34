// A command of holdfast is one row, at the end of the file that has the command's function. The parser, help,
// completion and main() know of a command only what its row says; cli/command_table.hpp lists the rows.
#pragma once

#include "cli/exit.hpp"
#include "config/options.hpp"

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
    std::string name;                    ///< the command's argument: a lock, a glob, a shell
    std::vector<std::string> words;      ///< untouched, whatever they look like; CommandRow::behind says which
    Layer settings;                      ///< what stands in config/options.hpp
    std::map<std::string_view, std::optional<std::string>> own; ///< the command's own options

    /// Of the command's own options, by their names: "--json". Others do not exist (std::out_of_range).
    bool has(std::string_view option) const { return value(option).has_value(); }
    const std::optional<std::string>& value(std::string_view option) const { return own.at(option); }
};

struct CommandRow {
    /// What may be typed behind the argument.
    enum class Behind {
        nothing,
        dashed_words, ///< "--" and any words
        command,      ///< a command to run, and its words, with "--" before them or without
    };

    std::string_view name;
    /// What is typed behind the options, each way of it on a line. It begins with the command's argument, in brackets
    /// if that may be left out; empty: there is none.
    std::string_view synopsis{};
    std::string_view help;          ///< a sentence without its capital and its full stop
    std::string_view exit_status{}; ///< how a sentence goes on behind "The exit status is"; empty: nothing to say
    Option::Scope settings = Option::Scope::everywhere; ///< the settings that can be typed behind it
    std::span<const OptionSyntax> options{};            ///< its own, beside the settings
    Behind behind = Behind::nothing;
    /// What the row cannot say of the typed words, before the settings are resolved. Throws Failure.
    void (*interpret)(Arguments&) = nullptr;
    bool needs_settings = true; ///< false: works also while the configuration is wrong, and is run with the defaults
    /// Does the command's work. Throws Failure.
    Exit (*run)(const Arguments&, const Settings&) = nullptr;

    std::string_view argument() const; ///< "NAME", "GLOB", "SHELL" or nothing
    bool argument_required() const { return !synopsis.empty() && !synopsis.starts_with('['); }
};

/// All that can be typed behind the command: first its own options, then those of every command.
std::vector<OptionSyntax> options_of(const CommandRow&);

} // namespace holdfast
