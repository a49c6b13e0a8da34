// Before any thread exists, Signals blocks all signals but those of a fault and, until take_stops(), those that stop a
// process. The main thread receives them at a descriptor (hazards 79, 83-85). Signals installs no handler, so a signal
// that was ignored when holdfast was started stays ignored for the command, and for holdfast unless it is SIGCHLD.
#pragma once

#include "base/fd.hpp"

#include <sys/signalfd.h>

#include <csignal>
#include <optional>

namespace holdfast {

class Signals {
  public:
    /// Blocks all signals but those that a fault of our own raises and those that stop a process, so that until the
    /// command runs, Ctrl-Z stops this process as any other. Call before the first thread. Throws Failure.
    Signals();

    /// Readable when a signal that ends a process is waiting; it stays readable until it is received.
    int ending_fd() const { return ending_fd_.get(); }
    /// Receives the first waiting signal that ends a process; nothing if none is waiting.
    std::optional<int> next_ending() const;

    /// From here on signals that stop a process are received as well. Call before the command's go.
    void take_stops();
    /// Readable when any signal is waiting.
    int fd() const { return fd_.get(); }
    std::optional<signalfd_siginfo> next() const;

    /// The mask and the disposition that holdfast found when it was started, which the command gets.
    const sigset_t& found_mask() const { return found_mask_; }
    bool found_sigchld_ignored() const { return found_sigchld_.sa_handler == SIG_IGN; }

  private:
    sigset_t found_mask_{};
    struct sigaction found_sigchld_ {};
    Fd ending_fd_;
    Fd fd_;
};

/// Ends this process as that signal would have, so that shells, loops and scripts stop as they would without us.
/// Returns only for a signal that does not end a process.
void die_of(int signal);

} // namespace holdfast
