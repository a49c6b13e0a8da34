// Taking all locks of a run.
//
// The locks are taken one after another, all runs take theirs in the same order, and so no two runs wait for each
// other. What is held already is renewed while the next is waited for. If one is lost meanwhile, all are given back and
// the run begins again with the first, from its old place in the queues; once at least, and for as long as its patience
// lasts.
#pragma once

#include "lock/waiter.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

struct Taken {
    /// By lock, in the order in which they were asked for: all of them won, or the last says why not, unless `lost`
    /// does.
    std::vector<Attempt> attempts;
    /// Why one that was won was lost before all were; nothing if that was not the end.
    std::optional<std::string> lost{};

    bool won() const { return !lost && attempts.back().outcome == Outcome::won; }
};

/// Hears what happens on the way.
struct OnTheWay {
    /// As OnWaiting, and for which lock.
    std::function<void(const Lock&, const Attempt&)> waiting;
    /// A lock that was won is lost, and why; the run begins again.
    std::function<void(const std::string& why)> begins_again;
};

/// Takes the locks, one at least, in their order, as acquire() takes one. Several are asked for once more after the
/// last is won, unless nothing has held us up since the first. What does not get all gives back all. Main thread.
Taken acquire_all(std::span<Lock> locks, const Patience&, int interrupt, const OnTheWay&,
                  const std::function<void()>& meanwhile = {});

} // namespace holdfast
