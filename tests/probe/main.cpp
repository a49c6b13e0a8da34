// The command of the fault tests. It takes a kernel lock that its descendants inherit, so that an overlap of two
// holders is seen by the kernel, and writes the time (CLOCK_BOOTTIME, ns) into a file every millisecond.
//
//   probe FOLDER [stubborn] [fork | leave]
//
//   stubborn   ignores SIGTERM
//   fork       a grandchild does the same, and the child in between ends
//   leave      leaves its process group for that of its parent
//
// Ends with 99 when somebody else has the kernel lock.
#include <sys/file.h>

#include <csignal>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

[[noreturn]] void beat(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (true) {
        timespec now{};
        ::clock_gettime(CLOCK_BOOTTIME, &now);
        const int64_t ns = int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
        if (::pwrite(file, &ns, sizeof ns, 0) != sizeof ns) ::_exit(98);
        const timespec millisecond{0, 1'000'000};
        ::nanosleep(&millisecond, nullptr);
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    const std::string folder = argv[1];
    bool forks = false;
    for (int i = 2; i < argc; ++i) {
        if (std::string_view{argv[i]} == "stubborn") ::signal(SIGTERM, SIG_IGN);
        if (std::string_view{argv[i]} == "fork") forks = true;
        if (std::string_view{argv[i]} == "leave") ::setpgid(0, ::getpgid(::getppid()));
    }
    const int lock = ::open((folder + "/judge").c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return 99;
    if (forks && ::fork() == 0) {
        if (::fork() == 0) beat(folder + "/grandchild");
        return 0;
    }
    beat(folder + "/child");
}
