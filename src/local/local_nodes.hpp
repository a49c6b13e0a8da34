// `local:` nodes: private Redis servers of this user on this machine, for locks with no server to run.
//
// The servers listen on Unix sockets in one folder of mode 0700. holdfast starts them at first use, under a file lock,
// for all processes of the user, and leaves them running, with an append-only file, so that they forget nothing. Each
// number of nodes has servers of its own: a lock on `local:` is not held on `local:3`.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// The paths of the sockets of `count` servers below `folder`, all of which run. Starts those that do not run, and
/// waits until they answer. Keeps a connection to each until this process ends, so that stop_local_nodes() in another
/// process leaves them running. Main thread, before any other exists. Throws Failure if another user owns the folder or
/// may use it, there is no redis-server or valkey-server, or a server does not start.
std::vector<std::string> local_nodes(const std::string& folder, int count);

struct LocalServer {
    std::string socket;  ///< its path
    std::string runs_on; ///< why it was left running; empty: it has stopped
};

/// Stops the servers that run below `folder`, waits up to 10 s for the end of each, and returns all that ran; none if
/// there is no such folder. A server is left running if another program has a connection to it, such as a run that
/// holds a lock there, or if holdfast did not start it. Main thread. Throws Failure if another user owns the folder or
/// may use it.
std::vector<LocalServer> stop_local_nodes(const std::string& folder);

} // namespace holdfast
