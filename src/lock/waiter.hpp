// Waiting for a lock: attempts until one is won or patience ends.
#pragma once

#include "lock/lock.hpp"

#include <functional>
#include <optional>

namespace holdfast {

struct Patience {
    /// Nothing: as long as it takes. Zero: don't wait for a holder; only split votes are tried again.
    std::optional<milliseconds> limit;
};

/// Called after each attempt that has not won and will be followed by another.
using OnWaiting = std::function<void(const Attempt&)>;

/// The first attempt only tries; a run that has to wait after it enters the queue, and leaves it again in the end.
/// `meanwhile` is called once, while the nodes think about the first attempt.
/// The last attempt: won, or why not. `interrupt` is a descriptor that ends the wait by becoming readable.
/// Main thread.
Attempt acquire(Lock&, const Patience&, int interrupt, const OnWaiting&, const std::function<void()>& meanwhile = {});

} // namespace holdfast
