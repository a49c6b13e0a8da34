#include "process/signals.hpp"

#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <unistd.h>

namespace holdfast {

namespace {

constexpr std::array faults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
constexpr std::array stops{SIGTSTP, SIGTTIN, SIGTTOU};
constexpr std::array harmless{SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

sigset_t all_but(std::span<const int> exceptions) {
    sigset_t set;
    sigfillset(&set);
    for (const int signal : exceptions) sigdelset(&set, signal);
    return set;
}

Fd receive(const sigset_t& set) {
    Fd fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!fd) throw system_failure("cannot receive signals");
    return fd;
}

/// The next waiting signal; drops signals that this process has sent itself: SIGPIPE and SIGXFSZ of its own writes are
/// not for the command.
std::optional<signalfd_siginfo> read_from(const Fd& fd) {
    signalfd_siginfo info{};
    while (::read(fd.get(), &info, sizeof info) == sizeof info)
        if (info.ssi_pid != static_cast<uint32_t>(::getpid())) return info;
    return {};
}

/// The signals that were ignored when holdfast was started (nohup, a background job of a script). A signalfd would
/// receive these as well once they are blocked, so the caller leaves them out of it.
sigset_t found_ignored() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction found {};
        if (::sigaction(signal, nullptr, &found) == 0 && found.sa_handler == SIG_IGN) sigaddset(&set, signal);
    }
    return set;
}

void remove(sigset_t& from, const sigset_t& what) {
    for (int signal = 1; signal < NSIG; ++signal)
        if (sigismember(&what, signal) == 1) sigdelset(&from, signal);
}

} // namespace

Signals::Signals() {
    sigset_t blocked = all_but(faults);
    for (const int signal : stops) sigdelset(&blocked, signal);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &found_mask_);
    sigset_t ignored = found_ignored();
    sigdelset(&ignored, SIGCHLD);
    // If SIGCHLD stayed ignored, as we may have found it, we would never learn how the command ended (hazard 79).
    struct sigaction wanted {};
    wanted.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &wanted, &found_sigchld_);

    sigset_t received = all_but(faults);
    remove(received, ignored);
    fd_ = receive(received);
    for (const int signal : harmless) sigdelset(&received, signal);
    ending_fd_ = receive(received);
}

std::optional<int> Signals::next_ending() const {
    const auto info = read_from(ending_fd_);
    return info ? std::optional{static_cast<int>(info->ssi_signo)} : std::nullopt;
}

void Signals::take_stops() {
    const sigset_t blocked = all_but(faults);
    ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

std::optional<signalfd_siginfo> Signals::next() const { return read_from(fd_); }

void die_of(int signal) {
    struct sigaction fallback {};
    fallback.sa_handler = SIG_DFL;
    ::sigaction(signal, &fallback, nullptr);
    ::raise(signal);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

} // namespace holdfast
