// What the Sentinels of a node would do if its master failed.
#pragma once

#include "base/clock.hpp"
#include "redis/node.hpp"

#include <cstddef>
#include <optional>

namespace holdfast {

struct SentinelFacts {
    size_t answered = 0;       ///< how many of the Sentinels in the node's URI have answered
    size_t known = 0;          ///< how many Sentinels watch the master, as far as these know
    size_t quorum = 0;         ///< how many have to find the master dead for a failover
    milliseconds down_after{}; ///< how long the master has to be silent to be found dead
};

/// Asks the Sentinels of a node, for one connection and one answer at most. Nothing if none of them knows the master.
/// Reads the files that TLS needs; throws Failure if one cannot be used. Main thread.
std::optional<SentinelFacts> ask_sentinels(const Node&, milliseconds node_timeout);

} // namespace holdfast
