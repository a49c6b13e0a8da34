// What --help shows for the program and for each command, and --version. Fits a terminal of 80 columns. Pure.
#pragma once

#include "cli/command.hpp"

#include <string>

namespace holdfast {

/// The help for a command; for program_row, that for the program.
std::string help_text(const CommandRow&);

/// The version of holdfast, and of the libraries in it.
std::string version_text();

} // namespace holdfast
