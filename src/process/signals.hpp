// Before any thread exists, Signals blocks all signals but those of a fault, such as SIGSEGV, and those that stop a
// process, such as SIGTSTP; take_stops() blocks the latter as well. The main thread receives blocked signals at a
// descriptor (hazards 79, 83-85). Signals installs no handler, so a signal that was ignored when holdfast was started
// stays ignored for the command, and for holdfast unless it is SIGCHLD.
#pragma once

#include "base/fd.hpp"

#include <sys/signalfd.h>

#include <csignal>
#include <optional>

namespace holdfast {

class Signals {
  public:
    /// Blocks all signals but those of a fault and those that stop a process, so that until take_stops() Ctrl-Z stops
    /// this process as any other. Gives SIGCHLD its default action. Call before the first thread. Throws Failure.
    Signals();

    /// Readable while a signal that ends a process, such as SIGTERM, is waiting to be received by next_ending() or
    /// next().
    int ending_fd() const { return ending_fd_.get(); }
    /// Receives the first waiting signal that ends a process; nothing if none is waiting. Drops signals that this
    /// process has sent itself.
    std::optional<int> next_ending() const;

    /// From here on signals that stop a process (SIGTSTP, SIGTTIN, SIGTTOU) do not stop this one, and next() receives
    /// them. Call in the main thread before the command's go.
    void take_stops();
    /// Readable while any signal that next() can receive is waiting.
    int fd() const { return fd_.get(); }
    /// Receives the first waiting signal of any kind, SIGCHLD too; nothing if none is waiting. Drops signals that this
    /// process has sent itself.
    std::optional<signalfd_siginfo> next() const;

    /// The signal mask, and whether SIGCHLD was ignored, when holdfast was started; the command gets both.
    const sigset_t& found_mask() const { return found_mask_; }
    bool found_sigchld_ignored() const { return found_sigchld_.sa_handler == SIG_IGN; }

  private:
    sigset_t found_mask_{};
    struct sigaction found_sigchld_ {};
    Fd ending_fd_;
    Fd fd_;
};

/// Ends this process by that signal, with the signal's default action, so that shells and scripts that wait for
/// holdfast see the signal, as they would if the command ran without holdfast. Returns only for a signal whose default
/// action does not end a process.
void die_of(int signal);

} // namespace holdfast
