#include "lock/waiter.hpp"

#include "base/poller.hpp"
#include "base/random.hpp"

#include <algorithm>

namespace holdfast {
namespace {

/// How often a place in the queue is refreshed.
constexpr milliseconds refresh{1000};
/// The longest pause between two attempts if no message tells us that it is our turn: a holder that is not holdfast
/// publishes none, and a server that speaks only the older protocol pushes none.
constexpr milliseconds poll_every{100};
constexpr milliseconds longest_contention{4000};
constexpr milliseconds shortest_round{100};

/// A random pause of up to two round trips, doubled after each split round, so that the runs that tried at the same
/// time do not meet again (hazard 35).
nanoseconds jitter(unsigned contended_rounds, nanoseconds round_trip) {
    const nanoseconds longest =
        std::max<nanoseconds>(2 * round_trip, milliseconds{2}) * (1U << std::min(contended_rounds, 6U));
    return random_up_to(std::min<nanoseconds>(longest, milliseconds{400}));
}

/// One wait for a lock, from its first attempt to its end.
class Wait {
  public:
    Wait(Lock& lock, const Patience& patience, int interrupt, Upkeep* held)
        : lock_{lock}, interrupt_{interrupt}, held_{held}, begin_{patience.begin}, until_{patience.until()} {}

    Attempt attempt(const std::function<void()>& meanwhile) {
        lock_.nodes().resolve();
        began_ = BootClock::now();
        // A run that does not wait has a whole round for its answers; one that waits has the rest of its limit, but at
        // least a moment.
        const BootTime no_later = waits() ? std::max(until_, began_ + shortest_round) : BootTime::max();
        Attempt attempt =
            lock_.try_once({interrupt_, no_later, queued_ ? std::optional{begin_} : std::nullopt, meanwhile});
        ended_ = BootClock::now();
        split_rounds_ = is_split(attempt) ? split_rounds_ + 1 : 0;
        return attempt;
    }

    bool is_over(const Attempt& attempt) const {
        switch (attempt.outcome) {
        case Outcome::won:
        case Outcome::skipped:
        case Outcome::interrupted:
        case Outcome::not_a_lock:
        case Outcome::same_server:
        case Outcome::other_nodes:
        case Outcome::other_limit:
        case Outcome::no_scripts:
        case Outcome::misnamed:
        case Outcome::denied: return true;
        case Outcome::reserved:
            // A waiter of another kind that is ahead of us stays there until the group is empty, which may take long.
            if (lock_.kind().way != LockKind::Way::exclusive && attempt.holders > 0) return ended_ >= until_;
            [[fallthrough]];
        case Outcome::contended: return ended_ >= (waits() ? until_ : begin_.boot + longest_contention);
        default: return ended_ >= until_;
        }
    }

    /// Waits until the next attempt is worth making; false when a signal asks us to stop, or when a lock that is held
    /// meanwhile is lost.
    bool pause_after(const Attempt& attempt) {
        if (waits() && !queued_) {
            // The next attempt enters the queue. It goes out at once, after the request to be told of our turn.
            lock_.listen_for_turn();
            if (held_ != nullptr) held_->listen();
            queued_ = true;
        } else rest_until(next_attempt(attempt));
        const std::vector<Message> messages =
            held_ == nullptr ? lock_.nodes().take_messages() : held_->take_messages(lock_);
        lock_.hear_turn(messages);
        const bool kept = held_ == nullptr || held_->keep_up(messages, interrupt_);
        return kept && !interrupted();
    }

    bool interrupted() {
        std::vector<pollfd> fds{{interrupt_, POLLIN, 0}};
        poller_.wait(fds, BootTime{});
        return fds.front().revents != 0;
    }

    /// Leaves the queue.
    void end() {
        if (queued_) lock_.withdraw();
    }

  private:
    void rest_until(BootTime until) {
        if (held_ == nullptr) lock_.nodes().wait(until, interrupt_);
        else held_->wait(lock_, until, interrupt_);
    }

    bool waits() const { return until_ > begin_.boot; }

    /// Whether no run has a quorum and it may be our turn.
    bool is_split(const Attempt& attempt) const {
        if (attempt.outcome == Outcome::contended) return !queued_ || attempt.position <= 2;
        return attempt.outcome == Outcome::reserved && !queued_;
    }

    BootTime next_attempt(const Attempt& attempt) const {
        if (attempt.outcome == Outcome::too_few)
            return std::min(until_, ended_ + milliseconds{100} + random_up_to(milliseconds{200}));
        if (is_split(attempt)) return ended_ + jitter(split_rounds_, ended_ - began_);
        BootTime next = std::min(until_, began_ + refresh);
        const bool others_tell = lock_.nodes().listening() &&
                                 (attempt.outcome != Outcome::held || attempt.holder.holder || attempt.position > 1);
        if (!others_tell) next = std::min(next, ended_ + poll_every / 2 + random_up_to(poll_every / 2));
        // No message tells when a key's TTL ends or the entry of a dead waiter becomes stale, so try right after that.
        if (attempt.outcome != Outcome::contended && attempt.position <= 2)
            next = std::min(next, ended_ + attempt.expires_in + milliseconds{1});
        return next;
    }

    Lock& lock_;
    int interrupt_;
    Upkeep* held_; ///< nullptr: nothing is held
    WaitBegin begin_;
    BootTime until_;
    Poller poller_;
    BootTime began_;
    BootTime ended_;
    unsigned split_rounds_ = 0;
    bool queued_ = false;
};

} // namespace

Attempt acquire(Lock& lock, const Patience& patience, int interrupt, const OnWaiting& on_waiting,
                const std::function<void()>& meanwhile, Upkeep* held) {
    Wait wait{lock, patience, interrupt, held};
    for (bool first = true;; first = false) {
        Attempt attempt = wait.attempt(first ? meanwhile : nullptr);
        const bool over = wait.is_over(attempt);
        if (!over && !wait.interrupted()) on_waiting(attempt);
        if (over || !wait.pause_after(attempt)) {
            if (!over) attempt.outcome = Outcome::interrupted;
            if (attempt.outcome != Outcome::won) wait.end();
            return attempt;
        }
    }
}

} // namespace holdfast
