// holdfast is built twice. The program that is started is lean: linked statically, because the loader's work was most
// of what `run` added to a command. Two things a static program cannot do well, so they need the system's shared
// libraries, which are updated with the system: OpenSSL, and the look-up of names (resolver and user database, which
// load what nsswitch.conf(5) says). The look-up of a master by its Sentinels or its cluster goes with these two. If a
// command needs one of these, the lean program first executes the whole program in its place, with the same words: the
// same sources, linked as usual.
//
// The other files of this folder define functions of the whole program in their lean form, so that the lean one links.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// Executes the whole program if a node has TLS, a name, Sentinels or a cluster; throws Failure, which names that node,
/// if the whole program cannot be executed. Also executes it for a user that /etc/passwd does not know and if
/// LD_PRELOAD is set; if that fails, the call returns and the lean program goes on. Executes only a file beside its own
/// file that belongs to the same user.
void become_whole_program_where_needed(const Settings&, char** argv);

} // namespace holdfast
