// Watches over the running command until no process of its group lives, and no command of a run inside this one; with
// leave_leftovers until the command has ended. A process that cannot be killed, because it has become another user's,
// is reported and waited for, and the lock is renewed meanwhile.
//
// The deadline on this host decides when the command is stopped; answers of the nodes only move the deadline forward
// (process/stopping.hpp). A guard that dies is replaced; if that fails, the command is stopped. Main thread.
#pragma once

#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "events/log.hpp"
#include "process/child.hpp"
#include "process/guard.hpp"
#include "process/stopping.hpp"
#include "process/terminal.hpp"

#include <csignal>
#include <functional>
#include <optional>
#include <string>

namespace holdfast {

/// When holdfast stops the command, and how.
struct StopRules {
    StopTimes times;
    bool stop_on_loss = true;               ///< otherwise the loss is only reported
    std::optional<milliseconds> max_hold{}; ///< stop the command after this long
    bool tree = false;                      ///< stop descendants that left the group as well
    /// If processes of the group outlive the command, holdfast waits for their end; with kill_leftovers it stops them,
    /// and with leave_leftovers it leaves them running and does not wait.
    bool kill_leftovers = false;
    bool leave_leftovers = false;
};

struct Ending {
    int wait_status = 0;     ///< of the command, as waitpid(2) gives it
    int exec_error = 0;      ///< errno when the command could not be executed
    bool lost = false;       ///< the command was stopped for a lost lock, or ended after the lease
    bool outer_lost = false; ///< the command was stopped because the lease of a run around this one ended
    bool timed_out = false;  ///< the command was stopped because max_hold ran out
    int missed_signal = 0;   ///< a signal typed at the terminal that reached and ended the command, not us; 0: none
    bool cut_short = false;  ///< a signal asked the command to end, or others of its group were left running

    /// Whether the command ended by itself with status 0 while the lock was held, was not told to end, and left no
    /// process of its group running.
    bool succeeded() const;
};

class Supervisor {
  public:
    /// Makes this process the parent of orphans (subreaper), and gives the terminal to the child, which has not got its
    /// go yet, if no other process could miss it. All references outlive the Supervisor. `guard` is null if there is
    /// none: without stop_on_loss only a run inside another run has a guard.
    Supervisor(Child& child, Guard* guard, Terminal& terminal, const Signals& signals, const LiveDeadline& deadline,
               StopRules rules, const Log& log);

    /// Call at the go; returns when the group has ended. Calls `keep_up` at once, and again at each instant that
    /// `keep_up` returns.
    Ending run(const std::function<BootTime()>& keep_up = {});

  private:
    bool over();
    /// Whether the group has a live member. Ask only once the command itself has ended: after the first false the
    /// answer stays false, because the group's number may become another group's.
    bool group_alive();
    void check_deadlines(BootTime now);
    void tell_loss(const std::string& why);
    void carry_out(BootTime now);
    void signal_group(int signal) const;
    void signal_all(int signal) const;
    /// Whether holdfast or a signal has ended the command, or is about to, so that it does not end by itself.
    bool stopped() const;
    /// Whether live strays (process/group.hpp) are still to be stopped; false without `tree`.
    bool strays() const;
    void guard_changed(int wait_status);
    BootTime next_instant() const;
    bool others_may_be_stopped() const;
    void handle_signals();
    void hurry(BootTime now);
    void reap();
    void tell_leftovers();
    void tell_unkillable(BootTime now);
    void tell_orphans() const;
    void find_out_who_missed(int signal);
    void stopped(int signal);
    void lend_terminal();

    Child& child_;
    Guard* guard_;
    Terminal& terminal_;
    const Signals& signals_;
    const LiveDeadline& deadline_;
    StopRules rules_;
    Stopping stopping_;
    const Log& log_;
    Poller poller_;
    Ending ending_;
    BootTime started_ = BootClock::now();
    std::optional<BootTime> ended_;        ///< when the command itself was reaped
    std::optional<BootTime> killed_;       ///< when SIGKILL was sent first
    BootTime tell_unkillable_at_{};        ///< when to report next, once killed_ is set
    std::optional<BootTime> asked_to_end_; ///< when the last SIGINT or SIGTERM came
    sigset_t sent_on_{};                   ///< the signals that we got and sent on to the group
    BootTime keep_up_at_{};                ///< when to call keep_up next
    bool waits_for_terminal_ = false;
    bool stop_refused_ = false;
    bool leftovers_told_ = false;
    bool group_gone_ = false; ///< the group is gone, so its number may be another group's
};

} // namespace holdfast
