// What stands behind a node (replicas, a cluster, a Sentinel group), and what a failover there does to a lock. Pure:
// judges what the node said.
#pragma once

#include "doctor/examination.hpp"
#include "doctor/finding.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// Whether this reply to INFO comes from a Sentinel (is_sentinel), or from a server in a cluster (is_in_cluster).
bool is_sentinel(std::string_view info);
bool is_in_cluster(std::string_view info);

/// Why the two nodes count as one only (they replicate each other, or are parts of one cluster), in the words that
/// follow "A and B"; nothing if that does not follow from what they said.
std::optional<std::string> belong_together(const Facts&, const Facts&);

/// The findings "replicas", "cluster", "sentinel" and "failover" of one of `n` nodes, as far as the node tells enough.
std::vector<Finding> judge_standing(const Facts&, size_t n, const LockTerms&);

} // namespace holdfast
