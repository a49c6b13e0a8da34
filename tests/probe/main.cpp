// The command of the fault tests. It takes a kernel lock that its descendants inherit, so that an overlap of two
// holders is seen by the kernel, and writes the time (CLOCK_BOOTTIME, ns) into a file every millisecond, until there is
// a file "end" in FOLDER, and no longer than a minute. With it comes a resource that refuses fence numbers older than
// the last that it has accepted.
//
//   probe FOLDER [once | briefly | work] [stubborn] [fork | leave | daemon] [root] [stop]
//   probe FOLDER history [briefly]
//   probe FOLDER beside [share] [stubborn]
//
//   briefly    holds for a third of a second
//   once       ends as soon as it has the kernel lock and the resource has accepted it
//   work       reads a set that all holders share, adds its fence number, writes it back within a third of a
//              second, and ends
//   stubborn   ignores SIGTERM
//   fork       a grandchild does the same a little longer, and the child in between ends
//   leave      leaves its process group for that of its parent
//   daemon     a grandchild in a session of its own does the same, without the kernel lock
//   root       becomes root for good, as `sudo` does, by what its file allows
//   stop       stops itself (SIGSTOP) after a few beats, and goes on when it is continued
//   history    takes no kernel lock, so that it meets another: appends to FOLDER/history a line PID WHAT TIME (as
//              above) when it "began", when it was "told" to end (SIGTERM) and when it "ended", a tenth of a second
//              later
//
//   beside     stands beside holders of other kinds for up to a third of a second: with "share" as one of those that
//              share, with HOLDFAST_SLOT as the holder of that slot, else alone. It takes a kernel lock for each, and
//              the resource knows the numbers of all
//
// Ends with 99 when somebody else has the kernel lock, with 97 when the resource refuses.
#include <sys/file.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <unistd.h>

namespace {

constexpr int kernel_lock_taken = 99;
constexpr int refused = 97;
constexpr int brief_ms = 333;

void sleep_ms(long ms) {
    const timespec pause{0, ms * 1'000'000};
    ::nanosleep(&pause, nullptr);
}

int64_t boot_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Of every run that has started a command, and when, for what the nodes say of it later.
void note_token(const std::string& folder) {
    if (const char* token = std::getenv("HOLDFAST_TOKEN"))
        std::ofstream{folder + "/started", std::ios::app} << token << ' ' << boot_ns() << '\n';
}

/// The resource: writes down each number that it accepts, and accepts none below the last. Whoever is `new_here` must
/// have a larger one.
bool accepts(const std::string& folder, bool new_here) {
    const char* text = std::getenv("HOLDFAST_FENCE");
    const long long ours = text == nullptr ? 0 : std::atoll(text);
    const int lock = ::open((folder + "/resource").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ::flock(lock, LOCK_EX);
    long long last = 0;
    std::ifstream numbers{folder + "/accepted"};
    for (long long number = 0; numbers >> number;) last = number;
    const bool good = new_here ? ours > last : ours >= last;
    if (good && new_here) {
        std::ofstream{folder + "/accepted", std::ios::app} << ours << '\n';
        note_token(folder);
    }
    ::close(lock);
    return good;
}

/// The largest number in a file of the resource.
long long largest(const std::string& path) {
    long long most = 0;
    std::ifstream numbers{path};
    for (long long number = 0; numbers >> number;) most = std::max(most, number);
    return most;
}

constexpr int slots = 3;

/// Takes the kernel locks of a kind: "judge" is for one alone, or for all others together; each slot has a file, which
/// those that share hold together.
bool takes_kernel_locks(const std::string& folder, bool shares, int slot) {
    const auto take = [](const std::string& path, int how) {
        return ::flock(::open(path.c_str(), O_RDWR | O_CREAT, 0600), how | LOCK_NB) == 0;
    };
    if (!take(folder + "/judge", shares || slot > 0 ? LOCK_SH : LOCK_EX)) return false;
    for (int i = 1; i <= slots; ++i)
        if ((shares || i == slot) && !take(folder + "/judge" + std::to_string(i), shares ? LOCK_SH : LOCK_EX))
            return false;
    return true;
}

/// The resource for all kinds: one alone needs a number above all, another one above all of those, and in a slot also
/// above the last there.
bool accepts_kind(const std::string& folder, bool shares, int slot) {
    const char* text = std::getenv("HOLDFAST_FENCE");
    const long long ours = text == nullptr ? 0 : std::atoll(text);
    const int lock = ::open((folder + "/resource").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ::flock(lock, LOCK_EX);
    const bool alone = !shares && slot == 0;
    const std::string of_slot = folder + "/accepted" + std::to_string(slot);
    const bool good = ours % 2 == (shares ? 1 : 0) && ours > largest(folder + "/accepted") &&
                      (!alone || ours > largest(folder + "/beside")) && (slot == 0 || ours > largest(of_slot));
    if (good) {
        std::ofstream{folder + (alone ? "/accepted" : "/beside"), std::ios::app} << ours << '\n';
        if (slot > 0) std::ofstream{of_slot, std::ios::app} << ours << '\n';
        note_token(folder);
    }
    ::close(lock);
    return good;
}

int stand_beside(const std::string& folder, bool shares) {
    const char* text = std::getenv("HOLDFAST_SLOT");
    const int slot = text == nullptr ? 0 : std::atoi(text);
    if (!takes_kernel_locks(folder, shares, slot)) return kernel_lock_taken;
    if (!accepts_kind(folder, shares, slot)) return refused;
    sleep_ms(::getpid() % brief_ms);
    return 0;
}

/// An element that is lost tells of somebody who wrote meanwhile.
void add_to_set(const std::string& folder) {
    const char* ours = std::getenv("HOLDFAST_FENCE");
    const std::string path = folder + "/set";
    std::string all;
    std::ifstream set{path};
    for (std::string element; set >> element;) all += element + '\n';
    constexpr long longest_ms = 300;
    sleep_ms(std::atoll(ours) % longest_ms);
    // Whole or not at all, whenever we are killed.
    std::ofstream{path + "." + ours} << all << ours << '\n';
    std::rename((path + "." + ours).c_str(), path.c_str());
    std::ofstream{folder + "/added", std::ios::app} << ours << '\n';
}

[[noreturn]] void beat(const std::string& folder, const char* who, int stop_after = std::numeric_limits<int>::max()) {
    ::alarm(60);
    const std::string end = folder + "/end";
    const int file = ::open((folder + "/" + who).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    constexpr int lingers = 200;
    int rest = who == std::string{"grandchild"} ? lingers : 0;
    while (::access(end.c_str(), F_OK) != 0 || --rest > 0) {
        const int64_t ns = boot_ns();
        if (::pwrite(file, &ns, sizeof ns, 0) != sizeof ns) ::_exit(98);
        if (--stop_after == 0) ::raise(SIGSTOP);
        sleep_ms(1);
    }
    ::_exit(0);
}

[[noreturn]] void beat_as_daemon(const std::string& folder) {
    ::setsid();
    ::close_range(0, ~0U, 0);
    beat(folder, "daemon");
}

void note(const std::string& folder, const char* what) {
    const std::string line = std::to_string(::getpid()) + ' ' + what + ' ' + std::to_string(boot_ns()) + '\n';
    const int file = ::open((folder + "/history").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(98);
    ::close(file);
}

[[noreturn]] void tell_history(const std::string& folder, int lasts_ms) {
    sigset_t sigterm;
    ::sigemptyset(&sigterm);
    ::sigaddset(&sigterm, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &sigterm, nullptr);
    ::alarm(120);
    note(folder, "began");
    constexpr timespec a_moment{0, 1'000'000};
    const std::string end = folder + "/end";
    while (::access(end.c_str(), F_OK) != 0 && --lasts_ms > 0)
        if (::sigtimedwait(&sigterm, nullptr, &a_moment) == SIGTERM) {
            note(folder, "told");
            sleep_ms(100);
            break;
        }
    note(folder, "ended");
    ::_exit(0);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    const std::string folder = argv[1];
    const std::set<std::string> ways(argv + 2, argv + argc);
    if (ways.contains("stubborn")) ::signal(SIGTERM, SIG_IGN);
    if (ways.contains("root") && ::setresuid(0, 0, 0) != 0) return 77;
    if (ways.contains("leave")) ::setpgid(0, ::getpgid(::getppid()));
    if (ways.contains("history"))
        tell_history(folder, ways.contains("briefly") ? brief_ms : std::numeric_limits<int>::max());
    if (ways.contains("beside")) return stand_beside(folder, ways.contains("share"));
    const int lock = ::open((folder + "/judge").c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) return kernel_lock_taken;
    if (!accepts(folder, true)) return refused;
    if (ways.contains("once")) return 0;
    if (ways.contains("briefly")) {
        sleep_ms(brief_ms);
        return 0;
    }
    if (ways.contains("work")) {
        add_to_set(folder);
        return accepts(folder, false) ? 0 : refused;
    }
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
