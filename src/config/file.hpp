// The configuration file: TOML, with settings at the top that hold for all, and profiles that go before them.
//
//     nodes = ["redis://a", "redis://b", "redis://c"]
//     [profile.ci]
//     wait = "10m"
//
// An unknown key, a value of the wrong type, and a password that others may read are errors with file and
// line, in all profiles alike. Throws Failure (78).
#pragma once

#include "base/small_file.hpp"
#include "config/options.hpp"

#include <map>
#include <string>

namespace holdfast {

struct ConfigFile {
    Layer top;
    std::map<std::string, Layer, std::less<>> profiles;
};

ConfigFile read_config_file(const std::string& path);
/// The same for content that was already read from `path`.
ConfigFile parse_config(const std::string& path, const SmallFile& content);

} // namespace holdfast
