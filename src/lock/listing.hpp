// Every lock there is, found from outside; nothing is changed by it. Main thread.
#pragma once

#include "lock/inspection.hpp"

#include <string>
#include <vector>

namespace holdfast {

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
