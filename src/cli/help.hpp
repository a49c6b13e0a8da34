// What --help shows: of the program, and of each command. Fits a terminal of 80 columns. Pure.
#pragma once

#include "cli/command.hpp"

#include <string>

namespace holdfast {

/// Of the program itself: its row without a name.
std::string help_text(const CommandRow&);

} // namespace holdfast
