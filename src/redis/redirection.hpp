// MOVED and ASK: a server of a cluster says where a key is.
#pragma once

#include "redis/node.hpp"
#include "redis/reply.hpp"

#include <optional>

namespace holdfast {

struct Redirection {
    HostPort to;         ///< an empty host: the host of the server that says it
    bool asking = false; ///< ASK: the key's slot is on its way, and the other server answers only behind ASKING
};

/// How a node's place is looked up.
struct Wish {
    std::optional<Redirection> told{}; ///< the place that a server of the node's cluster has named
    /// The answers of a majority of the Sentinels are enough; otherwise all that answer are waited for.
    bool majority = false;
};

/// What an error says of the place of a key; nothing if it says nothing that helps.
std::optional<Redirection> redirection(const Reply& error);

} // namespace holdfast
