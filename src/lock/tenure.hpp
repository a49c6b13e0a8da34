// Whether a lock is held under a token that this process knows, because `acquire` has left it held. Main thread.
#pragma once

#include "lock/inspection.hpp"
#include "lock/quorum.hpp"
#include "redis/node_set.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Tenure {
    enum class Outcome {
        ours,     ///< a quorum says that the lock is held under the token
        not_ours, ///< so many nodes say otherwise that no quorum is left
        unknown,  ///< too few answered
    };
    Outcome outcome = Outcome::unknown;
    Record record{}; ///< the record that a node has under that token
    Fence fence{};
    milliseconds expires_in{}; ///< if ours: until fewer than a quorum hold the lock
    size_t answered = 0;
    std::vector<NodeReport> nodes{};
};

/// Asks every node whether the lock is held under that token.
Tenure tenure(NodeSet&, const LockKey&, const Token&, Mode = Mode::scripts);

} // namespace holdfast
