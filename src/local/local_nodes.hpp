// `local:` nodes: private Redis servers of this user on this machine, for locks with no server to run.
//
// The servers listen on Unix sockets in one folder of mode 0700. holdfast starts them at first use, under a file lock,
// for all processes of the user, and leaves them running, with an append-only file, so that they forget nothing. Each
// number of nodes has servers of its own: a lock on `local:` is not held on `local:3`.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// The socket paths of a running set of `count` servers below `folder`. Starts the servers that do not run. Main
/// thread, before any other exists. Throws Failure if the folder is not ours alone, there is no redis-server or
/// valkey-server, or a server does not start.
std::vector<std::string> local_nodes(const std::string& folder, int count);

} // namespace holdfast
