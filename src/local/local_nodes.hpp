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

struct LocalServer {
    std::string socket;
    std::string runs_on; ///< why it was left running; empty: it has stopped
};

/// Stops the servers that run below `folder`, and waits until each is gone. A server is left running if another program
/// has a connection to it, such as a run that holds a lock there, or if it is not one that holdfast started. None where
/// there is no such folder. Main thread. Throws Failure if the folder is not ours alone.
std::vector<LocalServer> stop_local_nodes(const std::string& folder);

} // namespace holdfast
