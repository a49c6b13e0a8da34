// Every setting of holdfast, once: how it is written on the command line, in the environment and in the file, what its
// values are, and where they go. Parser, help, completion, file and --print-config all follow this table.
//
// What is about one call and not a setting (-c, --json, --token, ...) stands with its command, in cli/commands/.
#pragma once

#include "config/given.hpp"
#include "config/settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct Option {
    enum class Kind { text, duration, number, choice, toggle, list };
    enum class Scope {
        everywhere,
        taking,  ///< run and acquire
        running, ///< run alone
    };

    std::string_view name;        ///< "ttl": HOLDFAST_TTL, and ttl in the file
    std::string_view spellings{}; ///< on the command line, as in "-w,--wait,--timeout"; empty: nowhere there
    Kind kind;
    std::string_view value{}; ///< what the help calls its value; empty for a toggle
    std::string_view help;
    Scope scope = Scope::everywhere;
    bool in_file = true;
    bool may_be_empty = false;  ///< otherwise an empty variable counts as unset
    std::string_view against{}; ///< the option that says the opposite: the stronger source wins
    /// Throws Failure where the value will not do.
    void (*take)(Settings&, const Given&);
    /// The value as text; nothing when it is not set.
    std::optional<std::string> (*show)(const Settings&);

    std::string variable() const; ///< "HOLDFAST_TTL"
    std::string flag() const;     ///< "--ttl"
};

/// "-w,--wait,--timeout", taken apart.
std::vector<std::string_view> split_spellings(std::string_view);
/// "--wait": the first of them that is a word.
std::string_view long_spelling(std::string_view spellings);

std::span<const Option> options();
/// nullptr when there is none of that name.
const Option* find_option(std::string_view name);

} // namespace holdfast
