// The built binary, run as a user would.
#pragma once

#include "support/process.hpp"
#include "support/redis_server.hpp"

#include <string>
#include <vector>

namespace holdfast::test {

/// holdfast's command line with these words; without an environment of HOLDFAST_* variables.
inline std::vector<std::string> holdfast(std::vector<std::string> words) {
    words.insert(words.begin(), HOLDFAST_BINARY);
    return words;
}

/// holdfast run --node NODES …
inline std::vector<std::string> run_on(const std::string& nodes, std::vector<std::string> words) {
    words.insert(words.begin(), {HOLDFAST_BINARY, "run", "--node", nodes});
    return words;
}

} // namespace holdfast::test
