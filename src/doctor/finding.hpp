// What doctor has to say: one check, one node or all of them together, one severity.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

enum class Severity {
    ok,
    warn, ///< locks work; an operator should know this
    fail, ///< of a node: it grants no lock, or none to rely on; of all: no lock can be taken
};

struct Finding {
    std::string check;
    std::optional<size_t> node; ///< nothing: the nodes together
    Severity severity = Severity::ok;
    std::string text{};   ///< for people: no capital, no final point, nothing unprintable
    std::string advice{}; ///< what to do; empty where there is nothing to be done
};

struct Diagnosis {
    std::vector<std::string> nodes; ///< as displayed
    std::vector<Finding> findings;  ///< the nodes together first, then node by node

    /// Nodes on which nothing fails.
    size_t usable() const;
    /// A lock can be had: a quorum is usable, and nothing fails that concerns all nodes.
    bool works() const;
    Severity worst() const;
};

} // namespace holdfast
