// How a lock is shown, the same in status, list and force-release, for people and as JSON.
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

/// {"lock", "key", "state", "holder", "fence", "expires_in_ms", "held_for_ms", "waiting", "nodes_holding"}; a value
/// that is not known is null.
Json lock_json(const LockKey&, const Inspection&);
/// [{"position", "label", "user", "host", "pid", "waited_ms"}]
Json waiters_json(const Inspection&);
/// [{"node", "state", "holder", "expires_in_ms", "error"}]
Json nodes_json(const Inspection&);

/// Throws Failure if the nodes cannot tell the lock's state, or the key is not a lock.
void check_told(const LockKey&, const Inspection&);

/// The word for a failure in a node's "state", such as "unreachable".
std::string name_of(NodeFailure::Kind);

} // namespace holdfast
