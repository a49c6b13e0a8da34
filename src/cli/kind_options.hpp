// The options that say in which kind a lock is taken (lock/kind.hpp). They come from the command line alone: a variable
// or a file that made a lock shared would end the exclusion of a command line that says nothing of it.
#pragma once

#include "cli/command.hpp"
#include "lock/kind.hpp"

#include <string>
#include <string_view>

namespace holdfast {

constexpr OptionSyntax shared_option{"-s,--shared", "", "hold it beside others that share it, as flock -s"};
constexpr OptionSyntax exclusive_option{"-x,-e,--exclusive", "", "hold it alone, as without this option"};
constexpr OptionSyntax slots_option{"--slots", "N", "hold one of N slots, so that N hold it at once"};

/// The kind that was typed. Throws Failure for options that contradict each other.
LockKind kind_of(const Arguments&);

/// A number of slots, or of one of them, as it was typed with that option. Throws Failure if it is none.
unsigned slot_number(const std::string& text, std::string_view option);

} // namespace holdfast
