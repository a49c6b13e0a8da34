// What a lock's history tells of its latest runs, read from its newest entries only. Main thread.
#pragma once

#include "lock/history.hpp"
#include "redis/node_set.hpp"

#include <vector>

namespace holdfast {

/// The runs of which each node's newest entries tell, in the order in which they began. A node that does not answer, or
/// whose history our user may not read, adds nothing.
std::vector<Run> latest_runs(NodeSet&, const LockKey&, const Inspection&);

} // namespace holdfast
