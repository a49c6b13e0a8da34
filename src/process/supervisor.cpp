#include "process/supervisor.hpp"

#include "base/duration.hpp"
#include "process/group.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <span>

namespace holdfast {
namespace {

/// How long after SIGKILL a process may take to be gone before we stop waiting for it.
constexpr seconds unkillable_after{5};
/// How often to look whether leftovers of the group that are not our children have ended.
constexpr milliseconds leftovers_poll{50};
constexpr seconds leftovers_told_after{1};

} // namespace

Supervisor::Supervisor(Child& child, Guard& guard, const Signals& signals, const LiveDeadline& deadline,
                       StopTimes times, const Log& log)
    : child_{child}, guard_{guard}, signals_{signals}, deadline_{deadline}, times_{times}, log_{log} {
    // Orphans of the command become our children, so that we can tell when the last one is gone.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    terminal_.offer(child_.pid());
}

Ending Supervisor::run() {
    Poller poller;
    while (!over()) {
        // Before anything else, also after we were stopped or suspended ourselves.
        check_deadlines(BootClock::now());
        std::vector<pollfd> fds{
            {signals_.fd(), POLLIN, 0}, {deadline_.event(), POLLIN, 0}, {child_.outcome_fd(), POLLIN, 0}};
        poller.wait(fds, next_instant());
        check_deadlines(BootClock::now());
        if (fds[1].revents != 0) deadline_.clear_event();
        if (fds[2].revents != 0) ending_.exec_error = child_.outcome();
        if (fds[0].revents != 0) handle_signals();
        tell_leftovers();
    }
    guard_.dismiss();
    terminal_.take_back(child_.pid());
    // A success counts only if it came while the lock still held (hazard 87).
    ending_.lost = kill_at_.has_value() || *ended_ >= deadline_.at();
    return ending_;
}

bool Supervisor::over() {
    if (killed_ && BootClock::now() > *killed_ + unkillable_after) {
        ending_.alive = true;
        if (!ended_) ended_ = BootClock::now();
        return true;
    }
    return ended_ && child_.outcome_fd() < 0 && !any_alive(child_.pid());
}

void Supervisor::check_deadlines(BootTime now) {
    if (!kill_at_) {
        if (deadline_.lost()) stop(deadline_.reason(), times_.kill_at(deadline_.at(), now));
        else if (now >= times_.term_at(deadline_.at())) stop(deadline_.reason(), times_.kill_at(deadline_.at()));
    }
    if (kill_at_ && !killed_ && now >= *kill_at_) {
        killed_ = now;
        signal_group(SIGKILL);
    }
}

void Supervisor::stop(const std::string& why, BootTime kill_at) {
    kill_at_ = kill_at;
    guard_.told();
    signal_group(SIGTERM);
    // A stopped process would take the SIGTERM only when it is continued (hazard 75).
    signal_group(SIGCONT);
    log_.error(fmt::format("the lock is lost, stopping the command: {}", why.empty() ? "this host stood still" : why));
}

void Supervisor::signal_group(int signal) const {
    // Once the command is reaped its number is only certainly its group's while somebody is in it (hazard 74).
    if (ended_) signal_if_alive(child_.pid(), signal);
    else ::kill(-child_.pid(), signal);
}

BootTime Supervisor::next_instant() const {
    BootTime next = kill_at_ ? *kill_at_ : times_.term_at(deadline_.at());
    if (killed_) next = *killed_ + unkillable_after + milliseconds{1};
    return ended_ ? std::min(next, BootClock::now() + leftovers_poll) : next;
}

void Supervisor::handle_signals() {
    while (const auto info = signals_.next()) {
        const int signal = static_cast<int>(info->ssi_signo);
        if (signal == SIGCHLD) reap();
        else if (signal == SIGTSTP) log_.info("not stopped: a stopped holdfast could not renew the lock");
        else if (signal != SIGTTIN && signal != SIGTTOU) signal_group(signal);
        // "fg": the shell has put us into the foreground.
        if (signal == SIGCONT && waits_for_terminal_) stopped(SIGTTIN);
    }
}

void Supervisor::tell_leftovers() {
    if (!ended_ || leftovers_told_ || kill_at_ || BootClock::now() < *ended_ + leftovers_told_after) return;
    leftovers_told_ = true;
    std::array<pid_t, 16> some{};
    const size_t count = members(child_.pid(), some);
    log_.info(fmt::format("the command has ended, but {} of its processes run on and keep the lock: {}{}", count,
                          fmt::join(std::span{some}.first(std::min(count, some.size())), " "),
                          count > some.size() ? " ..." : ""));
}

void Supervisor::reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (pid == guard_.pid()) guard_changed(status);
        if (pid != child_.pid()) continue;
        if (WIFSTOPPED(status)) {
            stopped(WSTOPSIG(status));
            continue;
        }
        child_.reaped();
        ended_ = BootClock::now();
        ending_.wait_status = status;
    }
}

void Supervisor::guard_changed(int wait_status) {
    if (WIFSTOPPED(wait_status)) ::kill(guard_.pid(), SIGKILL);
    else if (!guard_.replace() && !kill_at_)
        stop("the guard process was killed and cannot be started again",
             times_.kill_at(deadline_.at(), BootClock::now()));
}

void Supervisor::stopped(int signal) {
    if (signal == SIGTSTP) {
        signal_group(SIGCONT);
        log_.info("not stopped: the lock could not be renewed for a stopped command");
    } else if (signal == SIGTTIN || signal == SIGTTOU) {
        waits_for_terminal_ = !terminal_.lend(child_.pid());
        if (!waits_for_terminal_) signal_group(SIGCONT);
    }
}

} // namespace holdfast
