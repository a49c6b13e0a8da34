#include "process/child.hpp"

#include "base/error.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>

namespace holdfast {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> out;
    // exec takes char*, and promises not to write to it.
    for (const std::string& text : strings) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

} // namespace

Child::Child(const Command& command, const Signals& signals) {
    Pipe go = make_pipe();
    Pipe outcome = make_pipe();
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw system_failure("cannot start a process for the command");
    if (pid_ == 0) {
        ::setpgid(0, 0);
        // An extra for the case that holdfast and its guard are killed together: it reaches this process alone.
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) ::_exit(126);
        go.write.reset();
        run(command, signals, go.read.get(), outcome.write.get());
    }
    // In both processes, so that the group exists whoever comes first (hazard 71).
    ::setpgid(pid_, pid_);
    go_ = std::move(go.write);
    outcome_ = std::move(outcome.read);
}

void Child::run(const Command& command, const Signals& signals, int go, int outcome) {
    const std::vector<char*> argv = pointers(command.words);
    const std::vector<char*> environment = pointers(command.environment);
    BootTime not_after{};
    // End of file: holdfast has decided against it, or is no more.
    if (::read(go, &not_after, sizeof not_after) != sizeof not_after) ::_exit(126);
    int error = ETIME;
    if (BootClock::now() < not_after) {
        signals.restore();
        ::execvpe(argv.front(), argv.data(), environment.data());
        error = errno;
    }
    [[maybe_unused]] const auto ignored = ::write(outcome, &error, sizeof error);
    ::_exit(126);
}

Child::~Child() {
    if (pid_ <= 0 || reaped_) return;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    // Not waited for: what cannot be killed must not keep us as well.
    ::waitpid(pid_, nullptr, WNOHANG);
}

void Child::go(BootTime not_after) {
    // A child that is gone already shows at outcome_fd(), so a failed write needs no answer here.
    [[maybe_unused]] const auto ignored = ::write(go_.get(), &not_after, sizeof not_after);
    go_.reset();
}

int Child::outcome() {
    int error = 0;
    const ssize_t size = ::read(outcome_.get(), &error, sizeof error);
    outcome_.reset();
    return size == sizeof error ? error : 0;
}

} // namespace holdfast
