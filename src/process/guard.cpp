#include "process/guard.hpp"

#include "base/canary.hpp"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <poll.h>

namespace holdfast {
namespace {

/// How often to look whether a group that was told to stop has ended.
constexpr milliseconds look_again{10};
/// How long SIGKILL is sent again to processes that do not die. After that no signal will end them.
constexpr seconds give_up_after{10};

// The guard's code runs in a fork of a process with threads: async-signal-safe calls only, no exceptions.

/// The guard's only descriptors. It keeps no others of holdfast, because the reader of a pipe that holdfast was started
/// with must not wait for the guard to end.
constexpr int pipe = 0;
constexpr int timer = 1;
constexpr int event = 2;
constexpr int signals = 3;

/// The kernel sends this signal when holdfast's main thread ends. The end of the pipe may come seconds later: the last
/// thread gives up its memory before its descriptors, and on a busy machine the kernel was seen to wait that long for a
/// lock that it needs for that (Linux 6.18). A signal from SIGRTMIN on is queued, so one that another process sends
/// hides no other.
int signal_at_end() { return SIGRTMAX; }

/// For a signal that is blocked. Empty if this process has no descriptor left.
Fd make_signal_fd(int signal) {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    return Fd{::signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK)};
}

void become_bare(int pipe_end, int timer_fd, int event_fd, int signal_fd) {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    ::prctl(PR_SET_PDEATHSIG, signal_at_end());
    // The guard gets no session of its own: Linux shares out processors by session (sched(7), autogroup), and in its
    // own session a guard was seen to run a second late on a busy machine.
    ::setpgid(0, 0);
    ::prctl(PR_SET_NAME, Guard::name);
    ::dup2(pipe_end, pipe);
    ::dup2(timer_fd, timer);
    ::dup2(event_fd, event);
    ::dup2(signal_fd, signals);
    close_from(signals + 1);
    ::fcntl(pipe, F_SETFL, O_NONBLOCK);
}

/// Whether holdfast has ended, or has begun to. A signal from another process shows nothing.
bool is_ending(pid_t holdfast) {
    signalfd_siginfo signal{};
    while (::read(signals, &signal, sizeof signal) == sizeof signal)
        if (signal.ssi_pid == static_cast<uint32_t>(holdfast)) return true;
    char woken[16];
    [[maybe_unused]] const auto ignored = ::read(event, woken, sizeof woken);
    return ::read(pipe, woken, sizeof woken) == 0;
}

void signal_group(pid_t group, int signal) {
    if (group != nobody) ::kill(enforced(Rule::group_kill) ? -group : group, signal);
}

void pause(nanoseconds how_long) {
    const timespec time{0, how_long.count()};
    ::nanosleep(&time, nullptr);
}

/// How long to wait until the next SIGKILL, after `killing` since the first: a quarter of that, 10 ms at least, 500 ms
/// at most.
nanoseconds between_looks(nanoseconds killing) {
    return std::clamp<nanoseconds>(killing / 4, look_again, milliseconds{500});
}

void wait_until(BootTime when) {
    const nanoseconds at = std::max(when.time_since_epoch(), nanoseconds{1});
    itimerspec spec{};
    spec.it_value.tv_sec = std::chrono::duration_cast<seconds>(at).count();
    spec.it_value.tv_nsec = (at % seconds{1}).count();
    ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, nullptr);
    pollfd fds[] = {{pipe, POLLIN, 0}, {timer, POLLIN, 0}, {event, POLLIN, 0}, {signals, POLLIN, 0}};
    ::poll(fds, 4, -1);
}

} // namespace

Guard::Guard(const LiveDeadline& deadline, const OuterLeases& outer, GuardRules rules)
    : deadline_{deadline}, outer_{outer}, rules_{rules} {
    if (!start({})) throw system_failure("cannot start the guard process");
}

Guard::~Guard() {
    // If an exception ends the run while the command runs, the guard lives on, because no other process stops what is
    // left of the command.
    if (state_->group > 0 || !pid_) return;
    // The guard has nothing left to do. It is killed, because it may be stopped, and reaped, because an init may not
    // reap it.
    ::kill(*pid_, SIGKILL);
    ::waitpid(*pid_, nullptr, 0);
}

bool Guard::start(std::optional<pid_t> stopped) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    const Fd read_end{ends[0]};
    Fd write_end{ends[1]};
    const Fd timer_fd{::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    const Fd signal_fd = make_signal_fd(signal_at_end());
    if (!timer_fd || !signal_fd) return false;
    const pid_t pid = ::fork();
    if (pid == 0) {
        // The guard closes the write end, because otherwise it would never see the end of the pipe.
        write_end.reset();
        become_bare(read_end.get(), timer_fd.get(), deadline_.guard_event(), signal_fd.get());
        run();
    }
    if (pid < 0) return false;
    // The pipe of the stopped guard is still open, so a guard that is continued now does not take us for gone.
    if (stopped) ::kill(*stopped, SIGKILL);
    pid_ = pid;
    pipe_ = std::move(write_end);
    // Parent and child both do this, so that from here on no signal to our group reaches the guard (hazard 71).
    ::setpgid(pid, pid);
    return true;
}

bool Guard::replace(int wait_status) {
    if (WIFSTOPPED(wait_status)) return start(pid_);
    pid_.reset();
    return start({});
}

bool Guard::watch(pid_t group) {
    state_->group = enforced(Rule::guard) ? group : 0;
    deadline_.bind(group, rules_.acts_on_loss ? std::optional{rules_.times.kill_margin} : std::nullopt);
    int status = 0;
    if (::waitpid(pid_.value(), &status, WNOHANG | WUNTRACED) > 0) return replace(status);
    const char wake = 1;
    [[maybe_unused]] const auto ignored = ::write(pipe_.get(), &wake, 1);
    return true;
}

void Guard::dismiss() {
    state_->group = 0;
    deadline_.unbind();
    pipe_.reset();
}

// The states of the guard. holdfast ends by being killed, or after dismiss(), which leaves no group to act on.
//
//   state     ends when                           signals           then      or, when holdfast ends
//   idle      a group is named (watch)                              watching  exit
//   watching  the supervisor has told the group                     told      SIGTERM, grace, SIGKILL (finish_alone)
//             guard_term_at (stop_times.hpp)      SIGTERM, SIGCONT  told
//   told      guard_kill_at                       SIGKILL           killing   grace, SIGKILL (finish_alone)
//   killing   the group is gone, or after 10 s    SIGKILL each look over      the same
//   over      never                                                           exit
//
// A guard with acts_on_loss false stays in `watching` when the lock is lost. Inside another run a guard gives no grace
// when holdfast ends, and is `killing` once an outer lease is about to end.
void Guard::run() const {
    bool told = false;
    bool over = false;
    std::optional<BootTime> lost;
    std::optional<BootTime> killed;
    while (!is_ending(supervisor_)) {
        const pid_t group = state_->group;
        if (group == 0 || over) {
            wait_until(BootTime::max());
            continue;
        }
        told = told || state_->told;
        const BootTime now = BootClock::now();
        StopTimes::Act act{.term = false, .kill = false, .next = StopTimes::never};
        if (rules_.acts_on_loss) {
            if (!lost && deadline_.lost()) lost = now;
            act = rules_.times.guard_act(deadline_.at(), lost, told, now);
        }
        const OuterLeases::Due outer = outer_.due(now);
        if (now >= outer.kill_at) act.kill = state_->outer_ended = true;
        act.next = std::min(act.next, outer.look_at);
        if (act.term) {
            // `told` is set before the signal, because a command that the signal ends must not look like one that ended
            // by itself.
            told = state_->told = true;
            signal(group, SIGTERM);
            signal(group, SIGCONT);
        }
        if (act.kill) {
            over = killed && (!alive(group) || now > *killed + give_up_after);
            if (over) continue;
            if (!killed) killed = now;
            signal(group, SIGKILL);
            act.next = now + between_looks(now - *killed);
        }
        wait_until(act.next);
    }
    // Once the killing is over, the group's number may become another group's, so nothing is signalled any more.
    if (state_->group > 0 && !over) finish_alone(state_->group, told);
    ::_exit(0);
}

bool Guard::alive(pid_t group) const {
    return any_alive(group) || (rules_.tree && Strays{supervisor_, group, ::getpid()}.find({}) > 0);
}

void Guard::finish_alone(pid_t group, bool told) const {
    const BootTime now = BootClock::now();
    const BootTime kill_at = rules_.inner ? now : rules_.times.kill_at(deadline_.at(), now);
    KnownStrays strays;
    if (!told && !rules_.inner) {
        signal_alone(strays, group, SIGTERM);
        signal_alone(strays, group, SIGCONT);
    }
    // Until the SIGKILL the guard does not search /proc: a process that has used much time may have to wait for a
    // processor just when it has to kill.
    while (true) {
        // Once the group is gone, its number may become another group's, so it is forgotten.
        if (group != nobody && ::kill(-group, 0) != 0 && errno == ESRCH) group = nobody;
        if (group == nobody && !strays.any_alive()) return;
        const nanoseconds left = kill_at - BootClock::now();
        if (left <= nanoseconds{0}) break;
        pause(std::min<nanoseconds>(left, look_again));
    }
    const BootTime killed = BootClock::now();
    do {
        signal_alone(strays, group, SIGKILL);
        pause(between_looks(BootClock::now() - killed));
        if (group != nobody && !any_alive(group)) group = nobody;
    } while ((group != nobody || strays.any_alive()) && BootClock::now() < killed + give_up_after);
}

void Guard::signal(pid_t group, int signal) const {
    signal_group(group, signal);
    if (rules_.tree) Strays{supervisor_, group, ::getpid()}.signal(signal);
}

void Guard::signal_alone(KnownStrays& strays, pid_t group, int signal) const {
    if (rules_.tree) {
        // A stopped process works no more, and its children can still be found through it.
        if (signal == SIGKILL) signal_group(group, SIGSTOP);
        strays.signal(group, signal);
    }
    signal_group(group, signal);
}

} // namespace holdfast
