// `local:` nodes: private Redis servers of this user on this machine, for locks with no server to run.
//
// They live on Unix sockets in one folder of mode 0700, are started at first use under a file lock, shared by
// all processes of the user, and left running, with an append-only file, so that they come back as they were.
// Every size of set has servers of its own: what `local:` holds, `local:3` does not see.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// The socket paths of a running set of `count` servers below `folder`. Starts what does not run. Main thread,
/// before any other exists. Throws Failure: the folder is not ours alone, no redis-server or valkey-server,
/// or one does not come up.
std::vector<std::string> local_nodes(const std::string& folder, int count);

} // namespace holdfast
