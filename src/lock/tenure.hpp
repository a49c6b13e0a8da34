// A lock seen by a process that knows its token: `acquire` has left the lock held for it. Main thread.
#pragma once

#include "lock/inspection.hpp"
#include "lock/quorum.hpp"
#include "redis/node_set.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Tenure {
    enum class Outcome {
        ours,     ///< a quorum says so
        not_ours, ///< so many nodes say otherwise that no quorum is left
        unknown,  ///< too few answered
    };
    Outcome outcome = Outcome::unknown;
    Record record{}; ///< what stands in the key under that token, on any node
    Fence fence{};
    milliseconds expires_in{}; ///< ours: until fewer than a quorum hold it
    size_t answered = 0;
    std::vector<NodeReport> nodes{};
};

/// Asks every node whether the lock is held under that token.
Tenure tenure(NodeSet&, const LockKey&, const Token&, Mode = Mode::scripts);

} // namespace holdfast
