// What doctor reports: the result of one check of one node, or of all nodes together, with a severity.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

enum class Severity {
    ok,
    warn, ///< locks work; an operator should know this
    fail, ///< for a node: it grants no lock, or none to rely on; for all: no lock can be taken
};

struct Finding {
    std::string check;
    std::optional<size_t> node; ///< nothing: the finding is for the nodes together
    Severity severity = Severity::ok;
    std::string text{};   ///< for people: no capital, no final point, nothing unprintable
    std::string advice{}; ///< what to do; empty if there is nothing to be done
};

struct Diagnosis {
    std::vector<std::string> nodes; ///< as displayed
    std::vector<Finding> findings;  ///< first those for the nodes together, then node by node

    /// How many nodes have no failing finding.
    size_t usable() const;
    /// Whether a lock can be taken: a quorum is usable, and no finding for the nodes together fails.
    bool works() const;
    Severity worst() const;
};

} // namespace holdfast
