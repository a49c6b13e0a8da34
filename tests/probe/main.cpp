// The command of the fault tests. It takes a kernel lock that its descendants inherit, so that an overlap of two
// holders is seen by the kernel, and writes the time (CLOCK_BOOTTIME, ns) into a file every millisecond, until there is
// a file "end" in FOLDER, and no longer than a minute.
//
//   probe FOLDER [once] [stubborn] [fork | leave | daemon] [stop]
//
//   once       ends as soon as it has the kernel lock
//   stubborn   ignores SIGTERM
//   fork       a grandchild does the same, and the child in between ends
//   leave      leaves its process group for that of its parent
//   daemon     a grandchild in a session of its own does the same, without the kernel lock
//   stop       stops itself (SIGSTOP) after a few beats, and goes on when it is continued
//
// Ends with 99 when somebody else has the kernel lock.
#include <sys/file.h>

#include <csignal>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <limits>
#include <set>
#include <string>
#include <unistd.h>

namespace {

[[noreturn]] void beat(const std::string& folder, const char* who, int stop_after = std::numeric_limits<int>::max()) {
    ::alarm(60);
    const std::string end = folder + "/end";
    const int file = ::open((folder + "/" + who).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (::access(end.c_str(), F_OK) != 0) {
        timespec now{};
        ::clock_gettime(CLOCK_BOOTTIME, &now);
        const int64_t ns = int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
        if (::pwrite(file, &ns, sizeof ns, 0) != sizeof ns) ::_exit(98);
        if (--stop_after == 0) ::raise(SIGSTOP);
        const timespec millisecond{0, 1'000'000};
        ::nanosleep(&millisecond, nullptr);
    }
    ::_exit(0);
}

[[noreturn]] void beat_as_daemon(const std::string& folder) {
    ::setsid();
    ::close_range(0, ~0U, 0);
    beat(folder, "daemon");
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    const std::string folder = argv[1];
    const std::set<std::string> ways(argv + 2, argv + argc);
    if (ways.contains("stubborn")) ::signal(SIGTERM, SIG_IGN);
    if (ways.contains("leave")) ::setpgid(0, ::getpgid(::getppid()));
    const int lock = ::open((folder + "/judge").c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return 99;
    if (ways.contains("once")) return 0;
    if (ways.contains("fork") && ::fork() == 0) {
        if (::fork() == 0) beat(folder, "grandchild");
        return 0;
    }
    if (ways.contains("daemon") && ::fork() == 0) {
        if (::fork() == 0) beat_as_daemon(folder);
        return 0;
    }
    constexpr int a_few = 20;
    if (ways.contains("stop")) beat(folder, "child", a_few);
    beat(folder, "child");
}
