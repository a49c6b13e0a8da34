#include "process/guard.hpp"

#include "base/canary.hpp"
#include "process/group.hpp"

#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>

namespace holdfast {
namespace {

/// How often to look whether a group that was told to stop has ended.
constexpr milliseconds look_again{10};
/// How long to go on killing what does not die.
constexpr seconds give_up_after{10};

// All below runs in a fork of a process with threads: async-signal-safe calls only, no exceptions.

/// Whoever waits for the end of a pipe that we were started with must not wait for the guard: it has the end of its
/// own pipe at 0, and a timer. Returns the timer.
int become_bare(int pipe) {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    // Not a session of its own: in one it was seen to run a second late on a busy machine. Linux shares out processors
    // by session (sched(7), autogroup).
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, "holdfast-guard");
    ::dup2(pipe, 0);
    ::close_range(1, ~0U, 0);
    ::fcntl(0, F_SETFL, O_NONBLOCK);
    return ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
}

bool at_end_of_pipe() {
    char woken[16];
    return ::read(0, woken, sizeof woken) == 0;
}

void signal_group(pid_t group, int signal) { ::kill(kept(Rule::group_kill) ? -group : group, signal); }

void pause(nanoseconds how_long) {
    const timespec time{0, how_long.count()};
    ::nanosleep(&time, nullptr);
}

void wait_until(BootTime when, int timer) {
    const nanoseconds at = std::max(when.time_since_epoch(), nanoseconds{1});
    itimerspec spec{};
    spec.it_value.tv_sec = std::chrono::duration_cast<seconds>(at).count();
    spec.it_value.tv_nsec = (at % seconds{1}).count();
    ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, nullptr);
    pollfd fds[] = {{0, POLLIN, 0}, {timer, POLLIN, 0}};
    ::poll(fds, 2, -1);
}

} // namespace

Guard::Guard(const LiveDeadline& deadline, StopTimes times, bool tree)
    : deadline_{deadline}, times_{times}, tree_{tree} {
    if (!start()) throw system_failure("cannot start the guard process");
}

Guard::~Guard() {
    dismiss();
    if (pid_ <= 0) return;
    // Nothing is left for it to do; reaped here, for an init may not. It may be stopped.
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool Guard::start() {
    pid_ = -1;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    const Fd read_end{ends[0]};
    pipe_ = Fd{ends[1]};
    pid_ = ::fork();
    if (pid_ == 0) run(read_end.get());
    // In both processes, so that from here on no signal to our group reaches it (hazard 71).
    if (pid_ > 0) ::setpgid(pid_, pid_);
    return pid_ > 0;
}

bool Guard::replace() { return start(); }

bool Guard::watch(pid_t group) {
    state_->group = kept(Rule::guard) ? group : 0;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG | WUNTRACED) > 0) {
        if (WIFSTOPPED(status)) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        return replace();
    }
    const char wake = 1;
    [[maybe_unused]] const auto ignored = ::write(pipe_.get(), &wake, 1);
    return true;
}

void Guard::dismiss() {
    state_->group = 0;
    pipe_.reset();
}

void Guard::run(int pipe) const {
    const int timer = become_bare(pipe);
    bool told = false;
    while (!at_end_of_pipe()) {
        const pid_t group = state_->group;
        if (group == 0) {
            wait_until(BootTime::max(), timer);
            continue;
        }
        const StopTimes::Lease valid_until = deadline_.at();
        const BootTime now = BootClock::now();
        told = told || state_->told;
        if (!told && now >= times_.guard_term_at(valid_until)) {
            // Before the signal: who answers it must not look like one that ended by itself.
            state_->told = true;
            signal(group, SIGTERM);
            signal(group, SIGCONT);
        }
        BootTime next = told ? times_.guard_kill_at(valid_until) : times_.guard_term_at(valid_until);
        if (now >= times_.guard_kill_at(valid_until)) {
            signal(group, SIGKILL);
            next = now + look_again;
        }
        wait_until(next, timer);
    }
    if (state_->group > 0) finish_alone(state_->group, told);
    ::_exit(0);
}

void Guard::finish_alone(pid_t group, bool told) const {
    const BootTime kill_at = times_.kill_at(deadline_.at(), BootClock::now());
    if (!told) {
        signal_alone(group, SIGTERM);
        signal_alone(group, SIGCONT);
    }
    // A look at all processes is work, and who works waits for a processor when it matters: none before the kill.
    for (nanoseconds left{1}; left > nanoseconds{0}; left = kill_at - BootClock::now()) {
        if (::kill(-group, 0) != 0 && errno == ESRCH) return;
        pause(std::min<nanoseconds>(left, look_again));
    }
    do {
        signal_alone(group, SIGKILL);
        pause(look_again);
    } while (any_alive(group) && BootClock::now() < kill_at + give_up_after);
}

void Guard::signal(pid_t group, int signal) const {
    signal_group(group, signal);
    if (tree_) Strays{supervisor_, group, ::getpid()}.signal(signal);
}

void Guard::signal_alone(pid_t group, int signal) const {
    if (tree_) {
        // Whoever is stopped works no more, and leads to its children.
        if (signal == SIGKILL) signal_group(group, SIGSTOP);
        Strays{nobody, group, ::getpid()}.signal(signal);
    }
    signal_group(group, signal);
}

} // namespace holdfast
