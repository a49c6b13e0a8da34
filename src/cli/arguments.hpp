// The command line as typed. The only place that knows CLI11.
#pragma once

#include "config/settings.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

enum class CommandName { run, status, list, force_release };

struct Arguments {
    CommandName command{};
    std::string name;               ///< the lock; for list a glob, "*" when none was given
    std::vector<std::string> words; ///< run: the command, untouched, whatever its words look like
    Typed typed;
};

/// --help and --version: nothing to do but to print this.
struct Printed {
    std::string text;
};

/// Throws Failure with status 64.
std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv);

} // namespace holdfast
