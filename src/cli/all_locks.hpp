// What commands do that look at many locks: ask every node, and say what is wrong with the nodes.
#pragma once

#include "cli/command.hpp"
#include "config/settings.hpp"
#include "lock/listing.hpp"

#include <string>

namespace holdfast {

/// All servers that have keys of the configured nodes: the nodes themselves, or every master of a cluster. The look-up
/// of the servers has begun. Waits for clusters. Throws Failure.
NodeSet all_servers(const Settings&);

/// A sentence on how many nodes have listed their locks, with a line for each node; empty if all have listed all.
std::string trouble(const Listing&);

/// Throws Failure with trouble() when fewer than a quorum of the nodes answered.
void check_enough(const Listing&);

/// Asks all nodes for the locks whose names match. Throws Failure when fewer than a quorum of the nodes answered. If a
/// quorum did, and others did not, says on stderr which ones, unless -q is given.
Listing list_or_fail(const Settings&, const std::string& glob, Beside);

/// "no locks" for the glob "*", or "no locks match 'x*'", with `what` as "locks".
std::string none_of(const std::string& what, const std::string& glob);

} // namespace holdfast
