// With three or more nodes, a node that was started a short while ago has no vote, because it may have forgotten locks
// (hazard 28). A server's configuration of today does not say what the configuration was when the server granted, so
// only a node of which the user says that it forgets nothing always has a vote.
#pragma once

#include "redis/node_set.hpp"

#include <optional>
#include <string>

namespace holdfast {

/// Why a node has no vote yet.
struct TooYoung {
    std::string text;                     ///< for people, as text for the node's line
    std::optional<milliseconds> votes_in; ///< until the node votes; nothing: the node does not say since when it runs
};

/// Why the node has no vote yet, by what it said of itself when its connection was opened. Nothing if the node has a
/// vote, as each node has without a `guard`, and each of fewer than three.
std::optional<TooYoung> too_young(const NodeSet&, size_t node, std::optional<milliseconds> guard, double drift_ratio);

/// Whether a grant that `lasts` so long may outlive the guard: a node could forget the grant in a restart, and have its
/// vote again before the grant ends. False without a guard, and with fewer than three nodes, which need none.
bool outlasts_guard(milliseconds lasts, size_t nodes, std::optional<milliseconds> guard);

} // namespace holdfast
