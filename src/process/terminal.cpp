#include "process/terminal.hpp"

#include "process/group.hpp"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast {

Terminal::Terminal() : tty_{::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)} {
    alone_ = we_are_in_foreground() && ::getpgrp() == ::getpid() && members(::getpgrp(), {}) == 1;
}

bool Terminal::we_are_in_foreground() const { return tty_ && ::tcgetpgrp(tty_.get()) == ::getpgrp(); }

void Terminal::offer(pid_t group) {
    if (alone_ && we_are_in_foreground()) ::tcsetpgrp(tty_.get(), group);
}

bool Terminal::lend(pid_t group) {
    if (!we_are_in_foreground() || ::tcsetpgrp(tty_.get(), group) != 0) return false;
    lent_ = true;
    return true;
}

bool Terminal::lent_to(pid_t group) const { return lent_ && ::tcgetpgrp(tty_.get()) == group; }

void Terminal::share(pid_t group) {
    if (!any_stopped(::getpgrp())) return;
    if (lent_to(group)) take_back(group);
    else if (we_are_in_foreground()) ::kill(0, SIGCONT);
}

void Terminal::take_back(pid_t group) {
    // We block SIGTTOU, so tcsetpgrp works from the background, too.
    if (!tty_ || ::tcgetpgrp(tty_.get()) != group) return;
    ::tcsetpgrp(tty_.get(), ::getpgrp());
    // Processes of our group that stopped because the terminal was lent go on only when we let them.
    if (lent_) ::kill(0, SIGCONT);
}

} // namespace holdfast
