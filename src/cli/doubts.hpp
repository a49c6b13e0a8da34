// Words, and variables, that mean something to holdfast, and likely not what was meant: a lock's name that looks like a
// pattern, a number without its unit, HOLDFAST_TIMEOUT. The command goes on, unless that would send a password without
// TLS.
#pragma once

#include "cli/command.hpp"
#include "config/resolve.hpp"

namespace holdfast {

/// Tells each doubt once, as advice. Throws Failure if an option for TLS was typed and no node has TLS.
void tell_doubts(const Arguments&, const Resolved&, const char* const* environment);

} // namespace holdfast
