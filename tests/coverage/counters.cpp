// Part of every program of a coverage build (cmake -DCOVERAGE=ON), and of no other: saves the counters of processes
// that do not end by exit(). By --wrap the linker has whoever calls X call __wrap_X.
//
// What another process kills takes its counters along. The guard is always killed in the end, and so saves them each
// time that it waits.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <ctime>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <string_view>

extern "C" {
void __gcov_dump();
void __gcov_reset();

pid_t __real_fork();
[[noreturn]] void __real__exit(int status);
int __real_execvpe(const char* file, char* const argv[], char* const environment[]);
int __real_pthread_sigmask(int how, const sigset_t* set, sigset_t* before);
int __real_poll(pollfd* fds, nfds_t count, int timeout);
int __real_kill(pid_t pid, int signal);
int __real_fcntl(int fd, int command, ...);
}

namespace {

/// How many forks of this process are saving: a file of counters that is half written is lost for all.
std::atomic<int>& saving() {
    static auto* const shared =
        new (::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
            std::atomic<int>;
    return *shared;
}
[[maybe_unused]] const std::atomic<int>& before_any_fork = saving();

bool is_guard() {
    std::array<char, 16> name{};
    ::prctl(PR_GET_NAME, name.data());
    return std::string_view{name.data()} == "holdfast-guard";
}

/// False when it has not come true within a fifth of a second.
template <typename Condition>
bool soon(Condition condition) {
    const timespec millisecond{0, 1'000'000};
    for (int waited = 0; waited < 200; ++waited) {
        if (condition()) return true;
        ::nanosleep(&millisecond, nullptr);
    }
    return false;
}

void save() {
    ++saving();
    __gcov_dump();
    __gcov_reset();
    --saving();
}

} // namespace

extern "C" {

pid_t __wrap_fork() {
    const pid_t pid = __real_fork();
    if (pid == 0) __gcov_reset(); // the parent has counted that
    return pid;
}

void __wrap__exit(int status) {
    save();
    __real__exit(status);
}

int __wrap_execvpe(const char* file, char* const argv[], char* const environment[]) {
    save();
    return __real_execvpe(file, argv, environment);
}

/// What die_of() lets in ends us.
int __wrap_pthread_sigmask(int how, const sigset_t* set, sigset_t* before) {
    if (how == SIG_UNBLOCK) save();
    return __real_pthread_sigmask(how, set, before);
}

int __wrap_poll(pollfd* fds, nfds_t count, int timeout) {
    if (is_guard()) save();
    return __real_poll(fds, count, timeout);
}

int __wrap_kill(pid_t pid, int signal) {
    if (signal == SIGKILL) soon([] { return saving() == 0; });
    return __real_kill(pid, signal);
}

/// A file of counters is locked while it is saved. Whoever is stopped then goes on when the others have done their
/// part, which they would not, waiting for the lock: they save without it.
int __wrap_fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    if (command != F_SETLKW) return __real_fcntl(fd, command, argument);
    if (soon([&] { return __real_fcntl(fd, F_SETLK, argument) == 0; })) return 0;
    errno = EAGAIN;
    return -1;
}
}
