// Taking all locks of a run.
//
// The locks are taken one after another, all runs take theirs in the same order, and so no two runs wait for each
// other. The locks that it holds already are renewed while the run waits for the next. If one is lost meanwhile, the
// run gives all back and begins again with the first lock, from its old place in the queues: once in any case, and
// again as long as its patience lasts.
#pragma once

#include "lock/waiter.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

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
