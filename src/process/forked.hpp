// The processes that a run forks while the nodes have not answered yet, so that little is left to do once the lock is
// won: the guard waits for Guard::watch(), the command's process for Child::go().
#pragma once

#include "base/live_deadline.hpp"
#include "process/child.hpp"
#include "process/guard.hpp"
#include "process/outer_leases.hpp"
#include "process/supervisor.hpp"

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace holdfast {

class Forked {
  public:
    /// `around` are the processes of the runs around this one that the environment tells.
    explicit Forked(const std::vector<ProcessId>& around) : outer_{around} { deadline_.sign(us_.start); }

    /// Throws Failure. The child closes `sockets`. Main thread.
    void fork(Command command, const StopRules& rules, const Signals& signals, std::span<const int> sockets) {
        if (rules.stop_on_loss || outer_.inside())
            guard_.emplace(deadline_, outer_, GuardRules{rules.times, rules.tree, outer_.inside(), rules.stop_on_loss});
        // The child ends with us only if there is a guard, and not with --tree, because the guard must find its
        // children first.
        child_.emplace(std::move(command), signals, sockets, guard_ && !rules.tree);
    }

    const ProcessId& us() const { return us_; }
    LiveDeadline& deadline() { return deadline_; }
    /// Null if this run needs none: a run that goes on after a loss has one only inside another run.
    Guard* guard() { return guard_ ? &*guard_ : nullptr; }
    Child& child() { return *child_; }

  private:
    const ProcessId us_ = our_process();
    const OuterLeases outer_;
    LiveDeadline deadline_;
    std::optional<Guard> guard_;
    std::optional<Child> child_;
};

} // namespace holdfast
