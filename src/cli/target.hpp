// What a command is about: the configured nodes and the named lock. All functions throw Failure for values that cannot
// be used.
#pragma once

#include "config/settings.hpp"
#include "lock/operations.hpp"
#include "redis/node.hpp"
#include "redis/node_set.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// The configured nodes, at least one; starts the servers of `local:` nodes. Warns on stderr if a certificate is not
/// checked.
std::vector<Node> configured_nodes(const Settings&);
/// The configured nodes with connections, on which the lock is asked for; the look-up of the nodes has begun.
NodeSet nodes_to_ask(const Settings&, const LockKey&);
/// How operations are sent to the nodes at first.
Mode mode(const Settings&);
/// The key of the lock of that name, which may be an old or a foreign one.
LockKey lock_key(const std::string& name, const Settings&);
/// The key of a lock that is to be taken, whose name must have no comma.
LockKey new_lock_key(const std::string& name, const Settings&);
/// The keys of all locks in a list of names with commas between them, in the order of the list.
std::vector<LockKey> new_lock_keys(const std::string& names, const Settings&);

} // namespace holdfast
