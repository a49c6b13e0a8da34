// Watches over the running command until nothing of its process group lives, nor of a run inside it. What cannot be
// killed, because it has become another user's, is named and waited for: its lock is renewed.
//
// Local deadlines decide; the network only pushes the live deadline forward (process/stopping.hpp). A guard that dies
// is replaced; where that cannot be, the command is stopped. Main thread.
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

/// What happens to the command other than by its own doing.
struct StopRules {
    StopTimes times;
    bool stop_on_loss = true;               ///< otherwise the loss is only told
    std::optional<milliseconds> max_hold{}; ///< stop the command after this long
    bool tree = false;                      ///< stop descendants that left the group as well
    /// When the command has ended and others of its group have not: wait for them, or one of these.
    bool kill_leftovers = false;
    bool leave_leftovers = false;
};

struct Ending {
    int wait_status = 0;    ///< of the command, as waitpid(2) gives it
    int exec_error = 0;     ///< errno when the command could not be executed
    bool lost = false;      ///< stopped for it, or not over before the lease was
    bool timed_out = false; ///< stopped because max_hold ran out
    int missed_signal = 0;  ///< typed for all of our group, but only the command got it, and ended of it
};

class Supervisor {
  public:
    /// Offers the terminal to the child, which has not got its go yet. All references outlive the Supervisor.
    /// Without stop_on_loss a guard is there only inside another run.
    Supervisor(Child& child, Guard* guard, Terminal& terminal, const Signals& signals, const LiveDeadline& deadline,
               StopRules rules, const Log& log);

    /// From the go to the end of the group. Calls `keep_up` at once, and each time again at the instant that it
    /// returns.
    Ending run(const std::function<BootTime()>& keep_up = {});

  private:
    bool over();
    /// Only to be asked once the command itself has ended.
    bool group_alive();
    void check_deadlines(BootTime now);
    void tell_loss(const std::string& why);
    void carry_out(BootTime now);
    void signal_group(int signal) const;
    void signal_all(int signal) const;
    /// By a signal, by a loss or by a rule; not if it ended by itself.
    bool stopped() const;
    /// Whether there are some that are to be stopped.
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
    BootTime tell_unkillable_at_{};        ///< of meaning from then on
    std::optional<BootTime> asked_to_end_; ///< by the last SIGINT or SIGTERM
    sigset_t sent_on_{};                   ///< what the group got from us because we got it
    BootTime keep_up_at_{};                ///< the next call
    bool waits_for_terminal_ = false;
    bool stop_refused_ = false;
    bool leftovers_told_ = false;
    bool group_gone_ = false; ///< and its number free for others
};

} // namespace holdfast
