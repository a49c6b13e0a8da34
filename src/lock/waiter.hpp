// Waiting for a lock: attempts until one is won or patience ends.
#pragma once

#include "lock/upkeep.hpp"

#include <functional>
#include <optional>

namespace holdfast {

struct Patience {
    /// Nothing: wait as long as it takes. Zero: don't wait for a holder; only split votes are tried again.
    std::optional<milliseconds> limit;
    /// When the run began to wait: `limit` counts from then on, and each queue is sorted by this time.
    WaitBegin begin{};

    BootTime until() const { return limit ? begin.boot + *limit : BootTime::max(); }
};

/// Called after each attempt that has not won and will be followed by another.
using OnWaiting = std::function<void(const Attempt&)>;

/// The first attempt stays out of the queue; a run that has to wait then enters the queue, and leaves it in the end.
/// Calls `meanwhile` once, while the nodes have not answered the first attempt. Returns the last attempt: won, or why
/// not. The wait ends when the descriptor `interrupt` becomes readable, and when one of the `held` locks, which are
/// renewed meanwhile, is lost. Main thread.
Attempt acquire(Lock&, const Patience&, int interrupt, const OnWaiting&, const std::function<void()>& meanwhile = {},
                Upkeep* held = nullptr);

} // namespace holdfast
