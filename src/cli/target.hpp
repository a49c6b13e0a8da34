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

/// The configured nodes; starts `local:` ones.
std::vector<Node> configured_nodes(const Settings&);
/// The configured nodes with connections, on which the lock is asked for; the look-up of the nodes has begun.
NodeSet nodes_to_ask(const Settings&, const LockKey&);
/// How operations are sent to the nodes at first.
Mode mode(const Settings&);
/// The key of the lock of that name.
LockKey lock_key(const std::string& name, const Settings&);

} // namespace holdfast
