// holdfast is built twice. The program that is started is lean: linked statically, because the loader's work was most
// of what `run` added to a command. Two things a static program cannot do well, so they need the system's shared
// libraries, which are updated with the system: OpenSSL, and the look-up of names (resolver and user database, which
// load what nsswitch.conf(5) says). The look-up of a master by its Sentinels or its cluster goes with these two. If a
// command needs one of these, the lean program first executes the whole program in its place, with the same words: the
// same sources, linked as usual.
//
// The other files of this folder take the place of files of the whole program: they define the same functions in a form
// that needs no shared library, so that the lean program links.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// Executes the whole program in place of this process if a node has TLS, a name, Sentinels or a cluster; throws
/// Failure, which names that node, if that fails. Also executes it if /etc/passwd does not have our user or LD_PRELOAD
/// is set; if that fails, or no reason applies, the call returns and the lean program goes on. Looks for the whole
/// program in two places relative to its own file, and executes it only if both files have the same owner.
void become_whole_program_where_needed(const Settings&, char** argv);

} // namespace holdfast
