// Gives the terminal to the command's group, so that editors, pagers and password prompts work, or back to our group.
//
// The command gets the terminal at once only if no other process of our job could miss it: our group is in the
// foreground, and we lead the group and are alone in it. In a pipeline or a script the command starts without the
// terminal, and gets it when the kernel stops the command for using it while our group is in the foreground (hazard
// 81).
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

namespace holdfast {

class Terminal {
  public:
    /// Our controlling terminal, if there is one. Processes that we have forked have left our group, so they do not
    /// count in it.
    Terminal();

    /// Gives the terminal to the command when it starts, if no other process could miss it.
    void offer(pid_t group);
    /// Gives the terminal to a command that was stopped for using it; true if the command has it now and can go on.
    bool lend(pid_t group);
    /// Continues other processes of our group that are stopped while our job has the terminal: a pager that wanted to
    /// use the terminal, which is taken back for it, or a process stopped by a Ctrl-Z that we have refused.
    void share(pid_t group);
    /// Whether the command has the terminal by lend(), so that a signal that is typed reaches no process of our group.
    bool lent_to(pid_t group) const;
    /// Takes the terminal back at the end, if it is still the command's.
    void take_back(pid_t group);

  private:
    bool we_are_in_foreground() const;
    Fd tty_;
    bool alone_ = false;
    bool lent_ = false;
};

} // namespace holdfast
