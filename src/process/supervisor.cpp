#include "process/supervisor.hpp"

#include "base/canary.hpp"
#include "process/group.hpp"
#include "process/survivors.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <span>

namespace holdfast {
namespace {

/// How long after SIGKILL a process that still lives is reported, and how long after each report it is reported again.
constexpr seconds unkillable_after{1};
constexpr std::chrono::minutes unkillable_again{5};
/// How often to look for changes of which no event tells: whether the rest of the group has ended, because not all of
/// it need be our children, and whether a shell has put us into the foreground.
constexpr milliseconds look_often{50};
constexpr seconds look_seldom{1};
/// How often to look whether other processes of our group are stopped and should be continued (Terminal::share).
constexpr milliseconds shares_after{250};
constexpr seconds leftovers_told_after{1};
/// While the command is being stopped, a second SIGINT or SIGTERM makes SIGKILL due at once; but not if it comes sooner
/// than this, because then it may be the first one, sent twice.
constexpr seconds hurries_after{1};

using Pids = std::array<pid_t, 16>;

Strays strays_of(const Child& child, const Guard* guard) {
    return {::getpid(), child.pid(), guard != nullptr ? guard->pid().value_or(0) : 0};
}

bool asks_to_end(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT; }

} // namespace

bool Ending::succeeded() const {
    return !lost && !timed_out && !cut_short && exec_error == 0 && WIFEXITED(wait_status) &&
           WEXITSTATUS(wait_status) == 0;
}

Supervisor::Supervisor(Child& child, Guard* guard, Terminal& terminal, const Signals& signals,
                       const LiveDeadline& deadline, StopRules rules, const Log& log)
    : child_{child}, guard_{guard}, terminal_{terminal}, signals_{signals}, deadline_{deadline}, rules_{rules},
      stopping_{rules.times, rules.stop_on_loss}, log_{log} {
    // Orphans of the command become our children, so that we can tell when the last one is gone.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    terminal_.offer(child_.pid());
}

Ending Supervisor::run(const std::function<BootTime()>& keep_up) {
    while (!over()) {
        // Deadlines come before all else, also after this process was stopped or suspended.
        check_deadlines(BootClock::now());
        if (BootClock::now() >= keep_up_at_) keep_up_at_ = keep_up ? keep_up() : BootTime::max();
        std::vector<pollfd> fds{
            {signals_.fd(), POLLIN, 0}, {deadline_.event(), POLLIN, 0}, {child_.outcome_fd(), POLLIN, 0}};
        poller_.wait(fds, next_instant());
        check_deadlines(BootClock::now());
        if (fds[1].revents != 0) deadline_.clear_event();
        if (fds[2].revents != 0) ending_.exec_error = child_.outcome();
        if (others_may_be_stopped()) terminal_.share(child_.pid());
        if (fds[0].revents != 0) handle_signals();
        if (waits_for_terminal_) lend_terminal();
        tell_leftovers();
    }
    if (guard_ != nullptr) guard_->dismiss();
    terminal_.take_back(child_.pid());
    tell_orphans();
    ending_.cut_short = ending_.cut_short || (rules_.leave_leftovers && group_alive());
    // A command that ended after the lease may have worked without the lock, so even its success counts as a loss
    // (hazard 87).
    ending_.lost = stopping_.lost() || deadline_.over(*ended_);
    ending_.outer_lost = guard_ != nullptr && guard_->outer_ended();
    if (ending_.outer_lost && !ending_.lost) log_.tell(event::outer_lease_ended());
    return ending_;
}

bool Supervisor::over() {
    if (!ended_ || child_.outcome_fd() >= 0) return false;
    if (!enforced(Rule::reap_before_release)) return true;
    if (group_alive() && !(rules_.leave_leftovers && !stopping_.stopping())) return false;
    return !inner_guard_lives(guard_ != nullptr ? guard_->pid().value_or(0) : 0) && !strays();
}

bool Supervisor::group_alive() {
    group_gone_ = group_gone_ || !any_alive(child_.pid());
    return !group_gone_;
}

void Supervisor::check_deadlines(BootTime now) {
    const auto loss = stopping_.look(deadline_, guard_ != nullptr && guard_->has_told(), now);
    const bool too_long = rules_.max_hold && !ending_.timed_out && !ended_ && now >= started_ + *rules_.max_hold;
    ending_.timed_out = ending_.timed_out || too_long;
    const bool no_leftovers =
        ended_ && !stopping_.stopping() && (rules_.kill_leftovers || (!group_alive() && strays()));
    if (too_long || no_leftovers) stopping_.stop(now + rules_.times.grace);
    // Signals go out before messages, because a message may have to wait for the terminal.
    carry_out(now);
    if (loss == Stopping::Loss::guard_told)
        tell_loss("holdfast was stopped, and its guard has told the command to stop");
    else if (loss) tell_loss(deadline_.reason());
    if (too_long) log_.tell(event::max_hold(*rules_.max_hold));
    tell_unkillable(now);
}

void Supervisor::tell_loss(const std::string& why) { log_.tell(event::lost(rules_.stop_on_loss, why)); }

void Supervisor::carry_out(BootTime now) {
    const Stopping::Due due = stopping_.due(now);
    if (due.term) {
        if (guard_ != nullptr) guard_->told();
        signal_all(SIGTERM);
        // A stopped process would take the SIGTERM only when it is continued (hazard 75).
        signal_all(SIGCONT);
    }
    if (!due.kill) return;
    if (!killed_) {
        killed_ = now;
        tell_unkillable_at_ = now + unkillable_after;
    }
    signal_all(SIGKILL);
}

void Supervisor::signal_group(int signal) const {
    // Once the group is gone, its number may be another group's; group_alive() looked a moment ago.
    if (group_gone_) return;
    ::kill(enforced(Rule::group_kill) ? -child_.pid() : child_.pid(), signal);
    // A command that has left its group is killed all the same.
    if (signal == SIGKILL && !ended_) ::kill(child_.pid(), signal);
}

void Supervisor::signal_all(int signal) const {
    // The group gets the signal before /proc is searched; strays are still found then, because orphans come to us.
    signal_group(signal);
    if (rules_.tree) strays_of(child_, guard_).signal(signal);
}

bool Supervisor::stopped() const {
    return stopping_.stopping() || asked_to_end_ || (ended_ && WIFSIGNALED(ending_.wait_status));
}

bool Supervisor::strays() const {
    return rules_.tree && (stopped() || rules_.kill_leftovers) && strays_of(child_, guard_).find({}) > 0;
}

BootTime Supervisor::next_instant() const {
    BootTime next = std::min(stopping_.next(deadline_), keep_up_at_);
    if (rules_.max_hold && !ending_.timed_out && !ended_) next = std::min(next, started_ + *rules_.max_hold);
    // A process that lives so long after SIGKILL may never end, so look seldom.
    if (killed_) return BootClock::now() + (BootClock::now() < *killed_ + unkillable_after ? look_often : look_seldom);
    if (ended_ || waits_for_terminal_) return std::min(next, BootClock::now() + look_often);
    return others_may_be_stopped() ? std::min(next, BootClock::now() + shares_after) : next;
}

bool Supervisor::others_may_be_stopped() const { return stop_refused_ || terminal_.lent_to(child_.pid()); }

void Supervisor::handle_signals() {
    while (const auto info = signals_.next()) {
        const int signal = static_cast<int>(info->ssi_signo);
        if (signal == SIGINT || signal == SIGTERM) hurry(BootClock::now());
        if (signal == SIGCHLD) reap();
        else if (signal == SIGTSTP) {
            stop_refused_ = true;
            log_.tell(event::not_stopped("a stopped holdfast could not renew the lock"));
        } else if (signal != SIGTTIN && signal != SIGTTOU) {
            signal_group(signal);
            if (rules_.tree && asks_to_end(signal)) strays_of(child_, guard_).signal(signal);
            sigaddset(&sent_on_, signal);
            ending_.cut_short = ending_.cut_short || asks_to_end(signal);
        }
    }
}

void Supervisor::hurry(BootTime now) {
    if (stopping_.stopping() && asked_to_end_ && now >= *asked_to_end_ + hurries_after) stopping_.stop(now);
    asked_to_end_ = now;
}

void Supervisor::tell_leftovers() {
    if (!ended_ || leftovers_told_ || stopping_.stopping() || BootClock::now() < *ended_ + leftovers_told_after) return;
    leftovers_told_ = true;
    Pids some{};
    const size_t count = members(child_.pid(), some);
    log_.tell(event::leftovers(described(some, count)));
}

void Supervisor::tell_unkillable(BootTime now) {
    if (!killed_ || now < tell_unkillable_at_) return;
    tell_unkillable_at_ = now + unkillable_again;
    Pids some{};
    size_t count = members(child_.pid(), some);
    if (count == 0 && rules_.tree) count = strays_of(child_, guard_).find(some);
    log_.tell(event::unkillable(described(some, count), deadline_.lost() || deadline_.over(now)));
}

void Supervisor::tell_orphans() const {
    // After a normal end an orphan is likely a daemon that is meant to stay, and a search of /proc would cost each run.
    if (!stopped() && !log_.details()) return;
    Pids some{};
    const size_t count = strays_of(child_, guard_).find(some);
    if (count > 0) log_.tell(event::orphans(stopped(), described(some, count)));
}

void Supervisor::reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (guard_ != nullptr && pid == guard_->pid()) guard_changed(status);
        if (pid != child_.pid()) continue;
        if (WIFSTOPPED(status)) {
            stopped(WSTOPSIG(status));
            continue;
        }
        child_.reaped();
        ended_ = BootClock::now();
        ending_.wait_status = status;
        waits_for_terminal_ = false;
        if (WIFSIGNALED(status)) find_out_who_missed(WTERMSIG(status));
    }
}

void Supervisor::find_out_who_missed(int signal) {
    if ((signal == SIGINT || signal == SIGQUIT) && sigismember(&sent_on_, signal) == 0 &&
        terminal_.lent_to(child_.pid()))
        ending_.missed_signal = signal;
}

void Supervisor::guard_changed(int wait_status) {
    if (!guard_->replace(wait_status) && !stopping_.lost()) {
        const BootTime now = BootClock::now();
        stopping_.lose(deadline_.at(), now);
        carry_out(now);
        tell_loss("the guard process was killed and cannot be started again");
    }
}

void Supervisor::stopped(int signal) {
    if (signal == SIGTSTP) {
        signal_group(SIGCONT);
        log_.tell(event::not_stopped("the lock could not be renewed for a stopped command"));
    } else if (signal == SIGTTIN || signal == SIGTTOU) {
        waits_for_terminal_ = true;
        lend_terminal();
        if (waits_for_terminal_) log_.tell(event::waits_for_terminal());
    }
}

void Supervisor::lend_terminal() {
    if (!terminal_.lend(child_.pid())) return;
    waits_for_terminal_ = false;
    signal_group(SIGCONT);
}

} // namespace holdfast
