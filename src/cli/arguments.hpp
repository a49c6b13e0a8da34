// Reads the command line. The only file that knows CLI11 is cli/arguments.cpp.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <variant>

namespace holdfast {

/// For --help and --version: the program only prints this text.
struct Printed {
    std::string text;
};

/// Throws Failure with status 64 if the words are not a right command line.
std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv);

} // namespace holdfast
