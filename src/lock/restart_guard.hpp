// Of three or more nodes, one that was started a short while ago has no vote, because it may have forgotten locks
// (hazard 28). A server's configuration of today does not say what it had when it granted, so only a node of which its
// user says that it forgets nothing always has one.
#pragma once

#include "redis/node_set.hpp"

#include <optional>
#include <string>

namespace holdfast {

/// Why a node has no vote yet.
struct TooYoung {
    std::string text;                     ///< for people, as a node's line has it
    std::optional<milliseconds> votes_in; ///< nothing: it does not say since when it runs
};

/// Goes by what the node said of itself when it was connected to. Nothing when it has a vote, or without a `guard`.
std::optional<TooYoung> too_young(const NodeSet&, size_t node, std::optional<milliseconds> guard, double drift_ratio);

/// Whether what a node grants for that long may be forgotten in a restart, and the node have its vote again before it
/// would have ended.
bool outlasts_guard(milliseconds lasts, size_t nodes, std::optional<milliseconds> guard);

} // namespace holdfast
