#include "lock/waiter.hpp"

#include "base/poller.hpp"
#include "base/random.hpp"

#include <algorithm>

namespace holdfast {
namespace {

constexpr milliseconds shortest_poll{20};
constexpr milliseconds longest_poll{120};
constexpr milliseconds longest_contention{4000};
constexpr milliseconds shortest_round{100};

/// How long to wait after an attempt that has not won.
nanoseconds pause_after(const Attempt& attempt, unsigned contended_rounds, nanoseconds round_trip) {
    switch (attempt.outcome) {
    case Outcome::contended: {
        // Full jitter over at least two round trips, doubling: the tryers must not meet again (hazard 35).
        const nanoseconds longest =
            std::max<nanoseconds>(2 * round_trip, milliseconds{2}) * (1U << std::min(contended_rounds, 6U));
        return random_up_to(std::min<nanoseconds>(longest, milliseconds{400}));
    }
    case Outcome::too_few: return milliseconds{100} + random_up_to(milliseconds{200});
    default: return shortest_poll + random_up_to(longest_poll - shortest_poll);
    }
}

bool worth_another(const Attempt& attempt, BootTime now, BootTime until, BootTime contention_ends) {
    switch (attempt.outcome) {
    case Outcome::won:
    case Outcome::interrupted:
    case Outcome::not_a_lock:
    case Outcome::denied: return false;
    case Outcome::contended: return now < std::max(until, contention_ends);
    default: return now < until;
    }
}

} // namespace

Attempt acquire(Lock& lock, const Patience& patience, int interrupt, const OnWaiting& on_waiting) {
    const BootTime start = BootClock::now();
    const BootTime until = patience.limit ? start + *patience.limit : BootTime::max();
    const BootTime contention_ends = start + longest_contention;
    Poller poller;
    const auto interrupted_until = [&](BootTime when) {
        std::vector<pollfd> fds{{interrupt, POLLIN, 0}};
        poller.wait(fds, when);
        return fds.front().revents != 0;
    };
    unsigned contended_rounds = 0;
    while (true) {
        lock.nodes().resolve();
        const BootTime began = BootClock::now();
        // Who does not want to wait still wants an answer: a whole round then, and else at least a moment.
        const BootTime no_later = until > start ? std::max(until, began + shortest_round) : BootTime::max();
        Attempt attempt = lock.try_once(interrupt, no_later);
        const BootTime now = BootClock::now();
        contended_rounds = attempt.outcome == Outcome::contended ? contended_rounds + 1 : 0;
        if (!worth_another(attempt, now, until, contention_ends)) return attempt;
        if (!interrupted_until(now)) on_waiting(attempt);
        BootTime again = now + pause_after(attempt, contended_rounds, now - began);
        if (attempt.outcome != Outcome::contended) again = std::min(again, until);
        if (!interrupted_until(again)) continue;
        attempt.outcome = Outcome::interrupted;
        return attempt;
    }
}

} // namespace holdfast
