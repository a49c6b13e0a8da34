// Taking a lock away from its holder, from outside. Main thread.
#pragma once

#include "lock/inspection.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Revocation {
    enum class Outcome { revoked, free, changed, too_few };
    Outcome outcome;
    size_t answered = 0;
    std::vector<NodeView> nodes{};
};

/// Takes away exactly that record, wherever it stands. Succeeded when on a quorum it is gone.
/// `words` tell its holder by whom and why.
Revocation revoke(NodeSet&, const LockKey&, const Record&, const std::string& words, Way way = Way::scripts);

} // namespace holdfast
