#include "process/signals.hpp"

#include "base/error.hpp"

#include <sys/resource.h>

#include <array>
#include <span>

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

std::optional<signalfd_siginfo> read_from(const Fd& fd) {
    signalfd_siginfo info{};
    if (::read(fd.get(), &info, sizeof info) != sizeof info) return {};
    return info;
}

} // namespace

Signals::Signals() {
    sigset_t blocked = all_but(faults);
    for (const int signal : stops) sigdelset(&blocked, signal);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &found_mask_);
    // Started with SIGCHLD ignored we would never learn how the command ended (hazard 79).
    struct sigaction wanted {};
    wanted.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &wanted, &found_sigchld_);

    sigset_t ending = all_but(faults);
    for (const int signal : harmless) sigdelset(&ending, signal);
    ending_fd_ = receive(ending);
    fd_ = receive(all_but(faults));
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

void Signals::restore() const {
    ::sigaction(SIGCHLD, &found_sigchld_, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &found_mask_, nullptr);
}

void die_of(int signal) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
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
