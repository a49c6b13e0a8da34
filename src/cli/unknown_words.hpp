// What is told of a word that names no command, or no option of the command: what leads on. Ends the program with
// status 64.
#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"

#include <string>

namespace holdfast {

/// For a word that stands where a command should, and is none. `next` is the command that was typed behind the word;
/// empty: none was. The word is shown without a password, if it is a node's address.
Failure unknown_command(const std::string& word, const std::string& next);
/// For an option that the command does not have, or that was typed wrongly. `word` may have a value behind '=', which
/// is not shown, because it may be a password.
Failure unknown_option(const std::string& word, const CommandRow&);

} // namespace holdfast
