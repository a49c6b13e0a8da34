// Finds every lock there is, or was, and changes nothing. Main thread.
//
// Each node walks through all of its keys, two thousand at a time, so that its other clients wait for three
// milliseconds at most; a million keys take about a second. A lock that is taken or released meanwhile may be missing
// or shown.
#pragma once

#include "lock/history.hpp"
#include "lock/inspection.hpp"
#include "lock/node_listing.hpp"
#include "lock/stats.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct Listing {
    struct Lock {
        LockKey key;
        Inspection inspection; ///< without the queue
    };
    struct Node {
        std::string name;                   ///< as displayed, without password
        std::optional<NodeFailure> failure; ///< nothing: the node listed all its locks
        bool in_part = false;               ///< a server of the node has listed its locks, even if others have failed
    };
    std::vector<Lock> locks; ///< by name; any string key with a TTL counts, also one of another client
    std::vector<Node> nodes;
    std::vector<std::optional<Stats>> stats{}; ///< of each of `locks`; with Beside::stats
    std::vector<Run> runs{}; ///< with Beside::logs: lock by lock, the runs of each in the order in which they began
    milliseconds now{};      ///< by the nodes' clocks

    size_t answered() const;
};

/// Every lock under `prefix` whose name matches the glob (as Redis matches it). The masters of a cluster follow each
/// other in the NodeSet, and count as one node (servers_of in redis/locator.hpp).
Listing list_locks(NodeSet&, const std::string& prefix, const std::string& glob, Beside = Beside::nothing);

} // namespace holdfast
