#include "process/launch.hpp"

#include "process/raw_call.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>

#include <cerrno>
#include <sched.h>

namespace holdfast {
namespace {

[[noreturn]] void end() {
    while (true) raw_call(SYS_exit_group, 126);
}

bool read_all(int fd, void* data, size_t size) {
    auto* at = static_cast<char*>(data);
    while (size > 0) {
        const long n = raw_call(SYS_read, fd, at, size);
        if (n <= 0) return false;
        at += n;
        size -= static_cast<size_t>(n);
    }
    return true;
}

/// Zeroed memory for that many bytes, which is never given back; null if there is none.
char* memory(size_t bytes) {
    const long found = raw_call(SYS_mmap, 0, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // The kernel's answer is a number.
    return found < 0 && found > -4096 ? nullptr : reinterpret_cast<char*>(found); // NOLINT(performance-no-int-to-ptr)
}

/// Writes the id of this process to each place. The zeros behind the last digit stay, so the text ends there.
void put_own_pid(char* const* places) {
    char digits[pid_digits];
    size_t count = 0;
    for (long rest = raw_call(SYS_getpid); rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
    for (; *places != nullptr; ++places)
        for (size_t i = 0; i < count; ++i) (*places)[i] = digits[count - 1 - i];
}

/// Puts a pointer to each variable of the text into one of the free places of the environment. Drops variables for
/// which there is no place.
void put_variables(const Launch& launch, char* text, size_t bytes) {
    char* const last = text + bytes;
    for (size_t count = 0; text < last && count < launch.place_count; ++count) {
        launch.places[count] = text;
        while (*text != '\0') ++text;
        ++text;
    }
}

BootTime now() {
    struct {
        long s, ns;
    } time{};
    raw_call(SYS_clock_gettime, CLOCK_BOOTTIME, &time);
    return BootTime{seconds{time.s} + nanoseconds{time.ns}};
}

/// A signal's disposition in the kernel's form; `rest` is zero, because there is no handler.
struct Disposition {
    long handler;
    long rest[7];
};

void restore_signals(const Launch& launch) {
    const Disposition ignored{reinterpret_cast<long>(SIG_IGN), {}};
    constexpr size_t kernel_mask = NSIG / 8;
    if (launch.ignores_sigchld) raw_call(SYS_rt_sigaction, SIGCHLD, &ignored, 0, kernel_mask);
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, &launch.mask, 0, kernel_mask);
}

/// Executes /bin/sh on a file that the kernel does not execute, because it has no "#!" line. Returns the errno if that
/// fails.
int execute_by_shell(const Launch& launch, const char* file) {
    char shell[] = "/bin/sh";
    char** const words = launch.words - 1;
    char* const first = words[1];
    words[0] = shell;
    // exec takes char*, and promises not to write to it.
    words[1] = const_cast<char*>(file);
    const long error = -raw_call(SYS_execve, shell, words, launch.environment);
    words[1] = first;
    return static_cast<int>(error);
}

/// Whether execvp(3) tries the next folder of PATH after an exec has failed with that errno.
bool may_be_elsewhere(int error) {
    return error == EACCES || error == ENOENT || error == ESTALE || error == ENOTDIR || error == ENODEV ||
           error == ETIMEDOUT;
}

/// Executes the first of the files that can be executed. If none can, returns the errno with which execvp(3) would
/// fail.
int execute(const Launch& launch) {
    int error = ENOENT;
    bool denied = false;
    for (const char* const* file = launch.files; *file != nullptr; ++file) {
        error = static_cast<int>(-raw_call(SYS_execve, *file, launch.words, launch.environment));
        if (error == ENOEXEC) error = execute_by_shell(launch, *file);
        denied = denied || error == EACCES;
        if (!may_be_elsewhere(error)) return error;
    }
    return denied ? EACCES : error;
}

int run(void* given) {
    const Launch& launch = *static_cast<const Launch*>(given);
    raw_call(SYS_setpgid, 0, 0);
    // The kernel sends this SIGTERM when holdfast ends, to this process alone and not to its group: the last resort if
    // the guard is killed with holdfast.
    if (launch.ends_with_parent) raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM);
    if (raw_call(SYS_getppid) != launch.parent) end();
    raw_call(SYS_close, launch.go_write);
    for (size_t i = 0; i < launch.socket_count; ++i) raw_call(SYS_close, launch.sockets[i]);
    put_own_pid(launch.pids);
    Go go{};
    if (!read_all(launch.go_read, &go, sizeof go)) end();
    char* const text = memory(go.bytes);
    if (text == nullptr || !read_all(launch.go_read, text, go.bytes)) end();
    put_variables(launch, text, go.bytes);
    int error = ETIME;
    if (now() < go.not_after) {
        restore_signals(launch);
        error = execute(launch);
    }
    raw_call(SYS_write, launch.outcome, &error, sizeof error);
    end();
}

} // namespace

pid_t launch(const Launch& launch, char* stack_end) {
    const auto cloned = [&](int flags) {
        return ::clone(run, stack_end, flags | SIGCHLD, const_cast<Launch*>(&launch));
    };
#ifdef HOLDFAST_COPIES_MEMORY
    constexpr bool may_share = false;
#else
    constexpr bool may_share = raw_calls_keep_errno;
#endif
    if (!may_share) return cloned(0);
    const pid_t pid = cloned(CLONE_VM);
    // An emulator of another processor's programs (qemu-user 7.2, 10.0) knows CLONE_VM for threads alone.
    return pid < 0 && errno != EAGAIN && errno != ENOMEM ? cloned(0) : pid;
}

} // namespace holdfast
