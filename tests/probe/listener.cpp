// The command of the signal tests: no signal that can be caught ends it, and it says which ones it got.
//
// Says "ready", then "got N" for each signal. Ends with 3 at a line or the end of its input.
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <poll.h>
#include <unistd.h>

int main() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    const int signals = ::signalfd(-1, &all, SFD_CLOEXEC);
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    std::puts("ready");
    while (true) {
        pollfd fds[] = {{signals, POLLIN, 0}, {0, POLLIN, 0}};
        ::poll(fds, 2, -1);
        signalfd_siginfo info{};
        if (fds[0].revents != 0 && ::read(signals, &info, sizeof info) == sizeof info)
            std::printf("got %u\n", info.ssi_signo);
        else if (fds[1].revents != 0) return 3;
    }
}
