// Taking a lock away from its holder, from outside. Main thread.
#pragma once

#include "lock/inspection.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Revocation {
    enum class Outcome {
        revoked, ///< it stood on some node, and now on none of a quorum; the next may have the lock on the others
                 ///< already
        free,    ///< it was gone, and the lock is free
        changed, ///< it was gone, and another holder has the lock: nothing was done
        too_few,
    };
    Outcome outcome;
    size_t answered = 0;
    std::vector<NodeView> nodes{};
};

/// Takes away exactly that record, wherever it stands.
/// `words` tell its holder by whom and why.
Revocation revoke(NodeSet&, const LockKey&, const Record&, const std::string& words, Mode mode = Mode::scripts);

} // namespace holdfast
