// holdfast is built twice. The program that is started is lean: linked statically, because the loader's work was most
// of what `run` added to a command. What a static program cannot do well is asked of libraries that are the system's,
// and are updated with it: OpenSSL, and the look-up of names (resolver and user database, which load what
// nsswitch.conf(5) says). Where a command needs one of them, the lean program becomes the whole one before it has done
// anything: the same sources, linked as usual, started in its place with the same words.
//
// The other files of this folder stand in for what only the whole program has. Nobody comes there.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// For these nodes, for this user, or because somebody wants a library of theirs in it (LD_PRELOAD).
bool needs_whole_program(const Settings&);

/// Throws Failure where the whole program cannot be started.
[[noreturn]] void become_whole_program(char** argv);

} // namespace holdfast
