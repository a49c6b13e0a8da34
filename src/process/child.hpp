// The command's process: made in its own process group, waiting for a "go", then executed (process/launch.hpp). It is
// made while the nodes have not answered yet, so that only the go is left to do when the lock is won.
//
// The command gets the world as holdfast found it: descriptors, signal mask and dispositions, umask, limits, working
// directory. Main thread.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "process/signals.hpp"

#include <sys/types.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

struct Command {
    std::vector<std::string> words;            ///< not empty; the first is looked up in PATH
    std::vector<std::string> environment;      ///< "NAME=value", all variables that are known before the go
    std::vector<std::string> naming_its_pid{}; ///< further names, whose value is the process id of the command
};

class Child {
  public:
    /// Makes the process, which then waits for go(); nothing of the command runs yet. The process closes `sockets` at
    /// once, because a connection that holdfast resets must not live on in it until the go. With `ends_with_us` the
    /// process gets SIGTERM when holdfast ends. Throws Failure.
    Child(Command command, const Signals& signals, std::span<const int> sockets, bool ends_with_us = true);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    /// Unless reaped() or gone() says that the process was reaped, sends SIGKILL to it and its group; also reaps it if
    /// go() was not called.
    ~Child();

    /// The process id of the process, and the id of its process group.
    pid_t pid() const { return pid_; }

    /// Whether the process, which still waits for its go, has been killed by a signal; if so, reaps it. Call only
    /// before go().
    bool gone();
    /// Lets the command start, with the variables `environment` (32 at most) added to its own, unless `not_after` has
    /// passed when the process reads the clock (hazard 11). Call once.
    void go(BootTime not_after, const std::vector<std::string>& environment);

    /// Readable once the command has been executed, its exec has failed, or the process was killed before; -1 after
    /// outcome().
    int outcome_fd() const { return outcome_.get(); }
    /// How the exec went: its errno if it failed, ETIME if not_after had passed, 0 if the command was executed or the
    /// process was killed before. Call once, when outcome_fd() is readable; closes that descriptor.
    int outcome();

    /// Notes that the caller has reaped the process, so that its number is signalled no more.
    void reaped() { reaped_ = true; }

  private:
    struct Memory;

    /// The process shares this memory with holdfast until its exec.
    std::unique_ptr<Memory> memory_;
    pid_t pid_ = -1;
    bool reaped_ = false;
    Fd go_;
    Fd outcome_;
};

} // namespace holdfast
