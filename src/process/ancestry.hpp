// Whether a process is around us: our parent, our parent's parent, and so on.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace holdfast {

/// A process; `start` tells it from a later process of the same number.
struct ProcessId {
    pid_t pid = 0;
    uint64_t start = 0; ///< in clock ticks since boot; 0 if /proc did not tell
};

ProcessId our_process();

/// Whether the process lives and we descend from it. If /proc does not show all of our ancestors, any live process of
/// that number counts.
bool is_around_us(const ProcessId&);

} // namespace holdfast
