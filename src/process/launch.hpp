// What the command's process does from its clone to its exec.
//
// Until its exec it shares its memory with holdfast, because a fork's copies of page tables and of pages are a tenth of
// a short run; unlike after a vfork, holdfast goes on meanwhile. So the process writes only into what its Launch names
// and into its own stack, and calls nothing but the kernel (process/raw_call.hpp), because errno and the locks of the
// heap are holdfast's. Where there are no such calls, or the kernel refuses to share, the process has a copy of the
// memory, as after a fork.
//
// This source is not instrumented by sanitizers, whose notes on a thread's stack would be shared as well.
#pragma once

#include "base/clock.hpp"

#include <sys/types.h>

#include <csignal>
#include <cstddef>

namespace holdfast {

/// What the process needs. All is prepared before the clone, and stays until the exec is done or the process is gone.
struct Launch {
    const char* const* files; ///< to try in this order; a null is the last
    char** words;             ///< of the command, then a null; before the first is a place for a shell
    char** environment;       ///< "NAME=value", then the places below, still null
    char** places;            ///< for the variables that come with the go
    size_t place_count;
    char* const* pids; ///< where the process writes its own id, each with `pid_digits` zeros; a null is the last
    const int* sockets;
    size_t socket_count;
    int go_read, go_write;
    int outcome;
    pid_t parent;
    bool ends_with_parent;
    bool ignores_sigchld; ///< whether SIGCHLD was ignored when holdfast was started
    sigset_t mask;        ///< the signal mask with which holdfast was started
};

constexpr size_t pid_digits = 11;

/// The message over the pipe `go`; `bytes` of variables follow it, each variable with its final zero. End of file
/// instead means that holdfast has decided against the start, or has ended.
struct Go {
    BootTime not_after;
    size_t bytes;
};

/// Clones the process, on that stack. Returns its id, or -1 with an errno. What the process tells over the pipe
/// `outcome` is an errno if it cannot execute the command, ETIME if the go came too late; then it ends with 126.
pid_t launch(const Launch&, char* stack_end);

} // namespace holdfast
