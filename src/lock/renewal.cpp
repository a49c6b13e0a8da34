#include "lock/renewal.hpp"

#include "base/canary.hpp"
#include "base/random.hpp"

#include <algorithm>

namespace holdfast {

bool becomes_readable(int fd, Poller& poller, BootTime until) {
    std::vector<pollfd> fds{{fd, POLLIN, 0}};
    poller.wait(fds, until);
    return fds.front().revents != 0;
}

Renewal Rounds::make(const std::function<void()>& moved, int interrupt) {
    const milliseconds interval = locks_.timing().renewal_interval();
    const BootTime began = BootClock::now();
    Renewal renewal = locks_.extend(moved, interrupt);
    // A node that may still come to hold the lock is waited for in this round only: without a valid lease the lock is
    // lost.
    if (enforced(Rule::impossible_quorum) && !locks_.valid()) renewal = Renewal::lost;
    next_ =
        renewal == Renewal::held ? began + interval : BootClock::now() + interval / 32 + random_up_to(interval / 16);
    return renewal;
}

void keep_renewing(Locks held, LiveDeadline& deadline, Poller& poller, int stop) {
    // Past the lease nothing revives a lock, not even nodes that still have our key (hazard 45).
    const auto is_over = [&] { return enforced(Rule::no_resurrection) && deadline.over(BootClock::now()); };
    Rounds rounds{held, BootClock::now()};
    Locks& locks = rounds.locks();
    // If a lock was taken away before the nodes knew that we listen, the first round finds that; if it is taken away
    // later, a node tells.
    locks.listen_for_revocation();
    locks.prepare_release();
    while (true) {
        const bool moved_node = locks.wait(rounds.next(), stop);
        if (becomes_readable(stop, poller)) return;
        // A message, or a node that is at another server now, only makes the next round start at once, because only
        // what the nodes answer counts.
        if (!locks.told_of_revocation(locks.take_messages()) && !moved_node && BootClock::now() < rounds.next())
            continue;
        if (is_over()) return deadline.lose(deadline.reason());
        // A yes that arrives after the end of the lease does not move the deadline, nor does a yes for one lock if
        // another one is no longer valid.
        const auto moved = [&] {
            if (locks.valid() && !is_over()) deadline.move(*locks.valid_until());
        };
        switch (rounds.make(moved, stop)) {
        case Renewal::lost: return deadline.lose(locks.why_lost());
        case Renewal::held: break;
        case Renewal::shaky: deadline.explain(locks.why_shaky()); break;
        }
    }
}

} // namespace holdfast
