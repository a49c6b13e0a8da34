// A lock as it is shown: the same in status, list and force-release, for people and as JSON.
//
// Nothing here shows a token: any process that knows one can release its lock.
#pragma once

#include "base/json.hpp"
#include "cli/screen.hpp"
#include "lock/inspection.hpp"

#include <string>

namespace holdfast {

/// A sentence on the holder, then since when, the waiters, and, if the nodes differ, a table of all nodes.
std::string lock_text(const LockKey&, const Inspection&);

/// {"lock", "key", "state", "holder", "fence", "expires_in_ms", "held_for_ms", "waiting", "nodes_holding"}; what is not
/// known is null.
Json lock_json(const LockKey&, const Inspection&);
/// [{"position", "label", "user", "host", "pid", "waited_ms"}]
Json waiters_json(const Inspection&);
/// [{"node", "state", "holder", "expires_in_ms", "error"}]
Json nodes_json(const Inspection&);

/// Throws Failure when the nodes cannot tell, or the key is not a lock.
void check_told(const LockKey&, const Inspection&);

/// "unreachable", as in a node's "state".
std::string name_of(NodeFailure::Kind);

} // namespace holdfast
