// For LD_PRELOAD: a host whose wall clock is wrong, by as many seconds as WALL_CLOCK_IS_AHEAD_BY says, and those that
// stand in the file "wall-clock-is-ahead-by" of the process's folder, which may change. Its other clocks are right.
#include <sys/syscall.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace {

long ahead_by() {
    const int before = errno;
    const char* text = std::getenv("WALL_CLOCK_IS_AHEAD_BY");
    long ahead = text == nullptr ? 0 : std::atol(text);
    char in_file[24] = "";
    const int file = ::open("wall-clock-is-ahead-by", O_RDONLY | O_CLOEXEC);
    if (file >= 0 && ::read(file, in_file, sizeof in_file - 1) > 0) ahead += std::atol(in_file);
    if (file >= 0) ::close(file);
    errno = before;
    return ahead;
}

} // namespace

extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const long result = ::syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += ahead_by();
    return static_cast<int>(result);
}

extern "C" __attribute__((visibility("default"))) int gettimeofday(timeval* time, void* zone) noexcept {
    const long result = ::syscall(SYS_gettimeofday, time, zone);
    if (result == 0) time->tv_sec += ahead_by();
    return static_cast<int>(result);
}

// Valkey 9 compares it with the others.
extern "C" __attribute__((visibility("default"))) time_t time(time_t* to) noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (to != nullptr) *to = now.tv_sec;
    return now.tv_sec;
}
