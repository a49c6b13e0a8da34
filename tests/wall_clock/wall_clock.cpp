// For LD_PRELOAD: a host whose wall clock is wrong, by as many seconds as WALL_CLOCK_IS_AHEAD_BY says. Its other clocks
// are right.
#include <sys/syscall.h>

#include <cstdlib>
#include <ctime>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const long result = ::syscall(SYS_clock_gettime, clock, time);
    const char* ahead_by = std::getenv("WALL_CLOCK_IS_AHEAD_BY");
    if (result == 0 && clock == CLOCK_REALTIME && ahead_by != nullptr) time->tv_sec += std::atol(ahead_by);
    return static_cast<int>(result);
}
