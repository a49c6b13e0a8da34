// What the command's process does from its clone to its exec.
//
// Until its exec the process shares its memory with holdfast, because a fork copies page tables and pages, which took a
// tenth of the time of a short run; unlike after a vfork, holdfast goes on meanwhile. So the process writes only into
// what its Launch names and into its own stack, and calls nothing but the kernel (process/raw_call.hpp), because errno
// and the locks of the heap are holdfast's. Where raw_call.hpp cannot keep errno, or the kernel refuses to share, the
// process has a copy of the memory, as after a fork.
//
// This source is compiled without sanitizers: their notes on a thread's stack would be shared as well.
#pragma once

#include "base/clock.hpp"

#include <sys/types.h>

#include <csignal>
#include <cstddef>

namespace holdfast {

/// What the process needs. The caller prepares all of it before the clone, and keeps it until the exec is done or the
/// process is gone.
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

/// The message that lets the process start, over the pipe `go`; `bytes` bytes of variables follow it, each variable
/// with its final zero. If the pipe ends before the message, because holdfast has decided against the start or has
/// ended, the process ends.
struct Go {
    BootTime not_after;
    size_t bytes;
};

/// Clones the process, with the stack that ends at `stack_end`. Returns its id, or -1 with an errno. If the process
/// cannot execute the command, it writes an errno to the pipe `outcome` (ETIME if the go came too late), and ends with
/// status 126; if it can, the pipe ends without a byte.
pid_t launch(const Launch&, char* stack_end);

} // namespace holdfast
