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
    /// Opens our controlling terminal, if there is one, and notes whether our group is in the foreground with this
    /// process as its leader and only member. Processes that we have forked have left our group, so they do not count.
    Terminal();

    /// Gives the terminal to the command's group before the command starts, if our group is in the foreground and the
    /// constructor has found this process alone in it.
    void offer(pid_t group);
    /// Gives the terminal to the group of a command that was stopped for using it, if our group is in the foreground.
    /// True if the group has it now, so that the caller can continue the command.
    bool lend(pid_t group);
    /// For processes of our group that are stopped: a pager that wanted to use the terminal, or one stopped by a Ctrl-Z
    /// that holdfast has refused. Continues them if our group has the terminal, or if the command's group has it by
    /// lend(); then takes it back first.
    void share(pid_t group);
    /// Whether lend() has given the terminal to the command's group and the group still has it. Then a signal that is
    /// typed reaches no process of our group.
    bool lent_to(pid_t group) const;
    /// Takes the terminal back for our group, if the command's group has it; after a lend() also continues the
    /// processes of our group that stopped for want of the terminal.
    void take_back(pid_t group);

  private:
    bool we_are_in_foreground() const;
    Fd tty_;
    bool alone_ = false;
    bool lent_ = false;
};

} // namespace holdfast
