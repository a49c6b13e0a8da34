// Whether a process is our parent, our parent's parent, or another ancestor.
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

/// Whether the process lives and is our ancestor. If /proc does not show all of our ancestors, true for any live
/// process with that number.
bool is_around_us(const ProcessId&);

} // namespace holdfast
