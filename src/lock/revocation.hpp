// Taking a lock away from its holder, from outside. Main thread.
#pragma once

#include "lock/inspection.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Revocation {
    enum class Outcome {
        revoked, ///< the record was deleted from a node, and now no node of a quorum has it; another run may already
                 ///< have the lock on the other nodes
        free,    ///< the record was gone already, and the lock is free
        changed, ///< the record was gone already, and another holder has the lock: nothing was done
        too_few,
    };
    Outcome outcome;
    size_t answered = 0;
    std::vector<NodeView> nodes{};
};

/// Deletes that record (or what min_hold has made of it: is_same_hold()) on every node that has it as the key's value
/// or a member's. `words` tell its holder by whom and why. If `history` is set, the end goes into the lock's history,
/// which keeps so many entries.
Revocation revoke(NodeSet&, const LockKey&, const Record&, const std::string& words, Mode mode = Mode::scripts,
                  std::optional<size_t> history = {});

} // namespace holdfast
