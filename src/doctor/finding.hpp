// What doctor reports: the result of one check of one node, or of all nodes together, with a severity.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

/// All checks, in the order of their findings.
inline constexpr std::array<std::string_view, 19> checks{
    "nodes",    "timing",   "identity", "clocks", "reachable",   "latency",  "version", "role",   "replicas", "cluster",
    "sentinel", "failover", "clock",    "uptime", "persistence", "eviction", "lock",    "rights", "leftovers"};

enum class Severity {
    ok,
    warn, ///< locks work; an operator should know this
    fail, ///< for a node: it grants no lock, or none to rely on; for all: no lock can be taken, or none to rely on
};

struct Finding {
    std::string check;
    std::optional<size_t> node; ///< nothing: the finding is for the nodes together
    Severity severity = Severity::ok;
    std::string text{};    ///< for people: no capital, no final point, nothing unprintable
    std::string advice{};  ///< what to do; empty if there is nothing to be done
    bool accepted = false; ///< a warning that our user knows of, and that counts as ok
};

inline Finding good(std::string check, std::string text) {
    return {std::move(check), {}, Severity::ok, std::move(text)};
}
inline Finding warning(std::string check, std::string text, std::string advice) {
    return {std::move(check), {}, Severity::warn, std::move(text), std::move(advice)};
}
inline Finding failing(std::string check, std::string text, std::string advice) {
    return {std::move(check), {}, Severity::fail, std::move(text), std::move(advice)};
}

} // namespace holdfast
