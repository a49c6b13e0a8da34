// Where settings come from: command line, environment, profile, top of the file, default, in this order.
//
// The file is --config, else $HOLDFAST_CONFIG, else the first of $XDG_CONFIG_HOME/holdfast/config.toml (~/.config if
// that variable is not set) and /etc/holdfast.toml that exists. Throws Failure that names option, variable or file and
// line, and shows a value that would do. Main thread.
#pragma once

#include "config/options.hpp"

#include <functional>
#include <string>

namespace holdfast {

/// A variable's value; nothing when it is unset.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Reads this process's own environment.
std::optional<std::string> environment_variable(const char* name);

struct Resolved {
    Settings settings;
    Layer given; ///< which values were given, and where; all others are defaults
};

Resolved resolve(const Layer& typed, const Environment&);

/// The names of the profiles that the file has, for completion; none if there is no file. Throws Failure if the file
/// cannot be read, or is wrong.
std::vector<std::string> profile_names(const Layer& typed, const Environment&);

} // namespace holdfast
