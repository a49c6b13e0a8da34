// Waiting for the locks of a run: attempts until all are won or patience ends.
//
// Several locks are taken one after another, all runs take theirs in the same order, and so no two runs wait for each
// other. The locks that it holds already are renewed while the run waits for the next. If one is lost meanwhile, the
// run gives all back and begins again with the first lock, from its old place in the queues: once in any case, and
// again as long as its patience lasts.
#pragma once

#include "lock/lock.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

struct Patience {
    /// Nothing: wait as long as it takes. Zero: don't wait for a holder. An attempt that no other holder has defeated
    /// (a split vote, or a free lock with waiters ahead of us) is tried again all the same, until 4 s after `begin`.
    std::optional<milliseconds> limit;
    /// When the run began to wait: `limit` counts from then on, and each queue is sorted by this time.
    WaitBegin begin{};

    BootTime until() const { return limit ? begin.boot + *limit : BootTime::max(); }
};

/// Called after each attempt that has not won and will be followed by another.
using OnWaiting = std::function<void(const Attempt&)>;

/// The first attempt stays out of the queue; a run that has to wait then enters the queue, and leaves it in the end.
/// Calls `meanwhile` once, while the nodes have not answered the first attempt. Returns the last attempt: won, or why
/// not. When the descriptor `interrupt` becomes readable, the wait ends with Outcome::interrupted. Main thread.
Attempt acquire(Lock&, const Patience&, int interrupt, const OnWaiting&, const std::function<void()>& meanwhile = {});

struct Taken {
    /// One for each lock, in the order of asking. Either all are won, or the last attempt or `lost` says why not.
    std::vector<Attempt> attempts;
    /// Why a lock that was won was lost before all locks were won; nothing if none was lost.
    std::optional<std::string> lost{};

    bool won() const { return !lost && attempts.back().outcome == Outcome::won; }
};

/// Hears what happens on the way.
struct OnTheWay {
    /// Called as OnWaiting is, with the lock that is waited for.
    std::function<void(const Lock&, const Attempt&)> waiting;
    /// Called when a lock that was won is lost and the run begins again; `why` is the cause of the loss.
    std::function<void(const std::string& why)> begins_again;
};

/// Takes the locks, one at least, in their order, as acquire() takes one. After the last of several locks is won, the
/// nodes are asked for all of them once more, unless the oldest answer is younger than Locks::a_while. A run that does
/// not get all locks gives all back. Main thread.
Taken acquire_all(std::span<Lock> locks, const Patience&, int interrupt, const OnTheWay&,
                  const std::function<void()>& meanwhile = {});

} // namespace holdfast
