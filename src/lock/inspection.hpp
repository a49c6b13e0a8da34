// Looking at locks and taking them away, from outside: nothing here holds one. Main thread.
#pragma once

#include "lock/ballot.hpp"
#include "lock/timing.hpp"
#include "redis/node_set.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// What all nodes say of one lock.
struct Inspection {
    Record record{};             ///< what most nodes hold; an empty value: nothing anywhere
    size_t holding = 0;          ///< how many nodes hold it
    size_t answered = 0;         ///< how many said anything about the lock
    bool not_a_lock = false;     ///< on some node the key is of another kind
    milliseconds expires_in{};   ///< until fewer than a quorum hold it; below a quorum, until the last one lets go
    Fence fence{};               ///< the largest number that a node has accepted
    std::vector<Waiter> queue{}; ///< in line, as the node with the longest one sees it
    std::vector<NodeReport> nodes{};

    bool held() const { return holding >= quorum(nodes.size()); }
    bool knows() const { return answered >= quorum(nodes.size()); }
};

Inspection inspect(NodeSet&, const LockKey&);

struct Revocation {
    enum class Outcome { revoked, free, changed, too_few };
    Outcome outcome;
    size_t answered = 0;
    std::vector<NodeReport> nodes{};
};

/// Takes away exactly that record, wherever it stands. Succeeded when on a quorum it is gone.
/// `words` tell its holder by whom and why.
Revocation revoke(NodeSet&, const LockKey&, const Record&, const std::string& words, Way way = Way::scripts);

/// Every lock under `prefix` whose name matches the glob (as Redis matches it), by name.
struct Listing {
    struct Entry {
        std::string name;
        Inspection inspection;
    };
    std::vector<Entry> locks;
    size_t answered = 0; ///< nodes that listed all they have
    std::vector<NodeReport> nodes{};
};

Listing list_locks(NodeSet&, const std::string& prefix, const std::string& glob);

} // namespace holdfast
