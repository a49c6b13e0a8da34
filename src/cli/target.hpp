// What a command is about: the nodes that are configured, and the lock that is named. All refuse what cannot be, with a
// Failure.
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
/// The same, to be asked; the look-up of their names has begun.
NodeSet nodes_to_ask(const Settings&);
/// How they are asked at first.
Mode mode(const Settings&);
/// The key of the lock of that name.
LockKey lock_key(const std::string& name, const Settings&);

} // namespace holdfast
