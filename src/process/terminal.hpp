// The terminal belongs to the command's group, so that editors, pagers and password prompts work, or to ours.
//
// The command gets it at once only where no other process of our job could miss it: our group is in the
// foreground, we lead it and are alone in it. In a pipeline or a script the command starts without, and gets
// it when it is stopped for using it while our group is in the foreground (hazard 81).
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

namespace holdfast {

class Terminal {
  public:
    /// Our controlling terminal, if there is one. What we have forked has left our group.
    Terminal();

    /// At the start of the command.
    void offer(pid_t group);
    /// The command was stopped for using the terminal; true when it has it now and can go on.
    bool lend(pid_t group);
    /// Lets others of our group go on that are stopped while our job has the terminal: a pager that reads our output
    /// and wanted to use the terminal, which is taken back for it, or was stopped by a Ctrl-Z that we have refused.
    void share(pid_t group);
    /// The command has it by lend(): no other process of our group gets a signal that is typed.
    bool lent_to(pid_t group) const;
    /// At the end: takes it back if it is still the command's.
    void take_back(pid_t group);

  private:
    bool we_are_in_foreground() const;
    Fd tty_;
    bool alone_ = false;
    bool lent_ = false;
};

} // namespace holdfast
