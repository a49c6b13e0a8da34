// Every lock there is, found from outside; nothing is changed by it. Main thread.
//
// Each node walks through all of its keys, two thousand at a time, so that its other clients wait for three
// milliseconds at most; a million keys take about a second. What is locked or released meanwhile may be missing or
// shown.
#pragma once

#include "lock/inspection.hpp"

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
        std::optional<NodeFailure> failure; ///< nothing: it listed all it has
    };
    std::vector<Lock> locks; ///< by name; any string with a TTL, also of other clients
    std::vector<Node> nodes;

    size_t answered() const;
};

/// Every lock under `prefix` whose name matches the glob (as Redis matches it).
Listing list_locks(NodeSet&, const std::string& prefix, const std::string& glob);

} // namespace holdfast
