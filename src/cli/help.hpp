// What --help shows: of the program, and of each command. Fits a terminal of 80 columns. Pure.
#pragma once

#include "cli/arguments.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// Of the command of that name; "" is the program itself, which comes first in the syntax.
std::string help_text(const std::vector<CommandSyntax>&, const std::string& command);

} // namespace holdfast
