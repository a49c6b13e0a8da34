// What commands do that look at many locks: ask every node, and say what is wrong with the nodes.
#pragma once

#include "cli/command.hpp"
#include "config/settings.hpp"
#include "lock/listing.hpp"

#include <string>

namespace holdfast {

/// Every server of the configured nodes, with connections; the look-up of them has begun.
NodeSet all_servers(const Settings&);

/// What is wrong with the nodes; empty when nothing is.
std::string trouble(const Listing&);

/// Throws Failure with trouble() when too few nodes answered.
void check_enough(const Listing&);

/// The locks whose names match. Throws Failure when too few nodes answered, and says on stderr, unless it is to be
/// quiet, which nodes did not.
Listing list_or_fail(const Settings&, const std::string& glob, Beside);

/// "no locks", or "no locks match 'x*'".
std::string none_of(const std::string& what, const std::string& glob);

} // namespace holdfast
