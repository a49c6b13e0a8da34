// Every setting of holdfast, once: how it is written on the command line, in the environment and in the file, what its
// values are, and where they go. Parser, help, completion, file and --print-config all follow this table.
//
// An option for one call that is no setting (-c, --json, --token, ...) is declared with its command, in cli/commands/.
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
    enum class Kind { text, duration, number, number_or_word, choice, toggle, list };
    enum class Scope {
        everywhere,
        taking,  ///< run and acquire
        running, ///< run alone
    };

    std::string_view name{};      ///< "ttl": HOLDFAST_TTL, and ttl in the file
    std::string_view spellings{}; ///< as in "-w,--wait,--timeout"; empty: not on the command line
    Kind kind = Kind::text;
    std::string_view value{}; ///< what the help calls its value; empty for a toggle
    std::string_view help{};
    Scope scope = Scope::everywhere;
    bool in_file = true;
    bool may_be_empty = false;  ///< an empty variable is a value; otherwise it counts as unset
    std::string_view against{}; ///< the option that says the opposite: the stronger source wins
    /// Sets the setting to the value. Throws Failure if the value cannot be used.
    void (*take)(Settings&, const Given&) = nullptr;
    /// The setting's value as text, a default as well, but a password as "***"; nothing if the setting has no value.
    std::optional<std::string> (*show)(const Settings&) = nullptr;

    std::string variable() const; ///< "HOLDFAST_TTL"
    std::string flag() const;     ///< "--ttl"
};

std::span<const Option> options();
/// The option of that name, as in "ttl"; nullptr if there is none.
const Option* find_option(std::string_view name);

/// The words between commas, as the spellings in "-w,--wait,--timeout"; none in an empty text.
std::vector<std::string_view> split_spellings(std::string_view);
/// The first spelling that begins with "--", such as "--wait"; there has to be one.
std::string_view long_spelling(std::string_view spellings);

} // namespace holdfast
