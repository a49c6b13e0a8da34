// holdfast is built twice. The program that is started is lean: linked statically, because the loader's work was most
// of what `run` added to a command. What a static program cannot do well is asked of libraries that are the system's,
// and are updated with it: OpenSSL, and the look-up of names (resolver and user database, which load what
// nsswitch.conf(5) says). Where a command needs one of them, the lean program becomes the whole one before it has done
// anything: the same sources, linked as usual, started in its place with the same words.
//
// The other files of this folder define what only the whole program has, so that the lean one links; they are never
// called.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// Becomes the whole program when a node is behind TLS or a name; throws Failure, which names that node, where the
/// whole program cannot be started. Becomes it as well for a user that /etc/passwd does not know and for LD_PRELOAD, if
/// it is there; without it the lean program returns from here and goes on. Executes nothing but what is beside its own
/// file and belongs to the same user.
void become_whole_program_where_needed(const Settings&, char** argv);

} // namespace holdfast
