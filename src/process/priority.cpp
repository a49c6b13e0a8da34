#include "process/priority.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <sched.h>

namespace holdfast {

double waits_longer_by() {
    // sched(7): each step of nice is a factor of 1.25; SCHED_IDLE has the weight 3 where nice 0 has 1024.
    constexpr double step = 1.25;
    constexpr double idle = 1024.0 / 3;
    const int policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    if (policy == SCHED_IDLE) return idle;
    if (policy != SCHED_OTHER && policy != SCHED_BATCH) return 1;
    return std::pow(step, std::max(0, ::getpriority(PRIO_PROCESS, 0)));
}

} // namespace holdfast
