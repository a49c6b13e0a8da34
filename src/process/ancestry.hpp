// Whether a process is one of those around us: our parent, its parent, and so on.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace holdfast {

/// A process, not to be mistaken for a later one of the same number.
struct ProcessId {
    pid_t pid = 0;
    uint64_t start = 0; ///< in clock ticks since boot; 0 where /proc did not tell
};

ProcessId our_process();

/// Whether it lives and we descend from it. Where /proc does not show enough to tell, a process of that number that
/// lives counts.
bool is_around_us(const ProcessId&);

} // namespace holdfast
