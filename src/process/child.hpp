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
    /// Nothing of the command runs yet. The child closes `sockets` at once: a connection that holdfast resets must not
    /// live on in the child until the go. With `ends_with_us` the child gets SIGTERM when we end. Throws Failure.
    Child(Command command, const Signals& signals, std::span<const int> sockets, bool ends_with_us = true);
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    /// Sends SIGKILL to the process and its group, unless the process was reaped.
    ~Child();

    /// The number of the process, and of its process group.
    pid_t pid() const { return pid_; }

    /// Whether the process has ended before its go, because a signal killed it.
    bool gone();
    /// Lets the command start, with `environment` added to its variables, unless `not_after` has passed when the child
    /// reads the clock (hazard 11).
    void go(BootTime not_after, const std::vector<std::string>& environment);

    /// Readable once the command has been executed, or its exec has failed.
    int outcome_fd() const { return outcome_.get(); }
    /// The errno of a failed exec; ETIME when not_after had passed; 0 when the command is running. Reads and
    /// closes outcome_fd().
    int outcome();

    /// Notes that the owner has reaped the process.
    void reaped() { reaped_ = true; }

  private:
    struct Memory;

    /// Until its exec the child reads and writes this memory as well.
    std::unique_ptr<Memory> memory_;
    pid_t pid_ = -1;
    bool reaped_ = false;
    Fd go_;
    Fd outcome_;
};

} // namespace holdfast
