#include "lock/waiter.hpp"

#include "base/poller.hpp"
#include "base/random.hpp"
#include "lock/renewal.hpp"

#include <algorithm>

namespace holdfast {
namespace {

/// Keeps the locks that a run holds already while it waits for another one, in the thread that waits. No command runs
/// yet, so a lost lock stops nothing.
class Upkeep {
  public:
    /// An Upkeep without locks: nothing is renewed.
    Upkeep() : rounds_{Locks{std::span<Lock>{}}, BootTime::max()} {}
    /// The locks, which outlive the Upkeep, were won or renewed by now.
    explicit Upkeep(Locks held) : rounds_{held, held.oldest_answer() + held.timing().renewal_interval()} {}

    /// From here on the nodes tell when one of the locks is taken away.
    void listen() { rounds_.locks().listen_for_revocation(); }
    /// Waits for a message on the nodes of these locks and on those of the `other`, until `until` or a round is due.
    void wait(Lock& other, BootTime until, int interrupt) {
        rounds_.locks().wait(std::min(until, rounds_.next()), interrupt, &other.nodes());
    }
    /// The messages that have come for these locks and for the `other`.
    std::vector<Message> take_messages(Lock& other) { return rounds_.locks().take_messages(&other.nodes()); }
    /// Renews the locks if it is time, or if a message says that one was taken away. False once a lock is lost.
    bool keep_up(const std::vector<Message>& messages, int interrupt);
    /// Asks for each lock once more, unless the oldest answer is younger than Locks::a_while. False once a lock is
    /// lost.
    bool confirm();
    /// Whether enough of every lease is left to start a command.
    bool worth_starting() { return rounds_.locks().worth_starting(); }
    /// Gives all locks back.
    void release() { rounds_.locks().release(); }
    /// Why a lock is lost; nothing when none is.
    const std::optional<std::string>& lost() const { return lost_; }

  private:
    bool is_over();

    Rounds rounds_;
    std::optional<std::string> lost_;
};

bool Upkeep::keep_up(const std::vector<Message>& messages, int interrupt) {
    Locks& locks = rounds_.locks();
    if (!is_over() && (locks.told_of_revocation(messages) || BootClock::now() >= rounds_.next()) &&
        rounds_.make([] {}, interrupt) == Renewal::lost)
        lost_ = locks.why_lost();
    return !lost_;
}

bool Upkeep::confirm() {
    Locks& locks = rounds_.locks();
    if (!is_over() && BootClock::now() > locks.oldest_answer() + Locks::a_while && locks.confirm() == Renewal::lost)
        lost_ = locks.why_lost();
    return !lost_;
}

bool Upkeep::is_over() {
    // Past its lease a lock is not asked for any more (hazard 45).
    if (!lost_ && !rounds_.locks().valid()) lost_ = rounds_.locks().why_shaky();
    return lost_.has_value();
}

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
    Wait(Lock& lock, const Patience& patience, int interrupt, Upkeep& held)
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
            // A waiter of another kind that is ahead of us stays there until the group is empty. That may take long, so
            // a run that does not wait gives up at once.
            if (lock_.kind().way != LockKind::Way::exclusive && attempt.holders > 0) return ended_ >= until_;
            [[fallthrough]];
        case Outcome::contended: return ended_ >= (waits() ? until_ : begin_.boot + longest_contention);
        default: return ended_ >= until_;
        }
    }

    /// Waits until the next attempt is worth making, and renews the held locks if a round is due; false when a signal
    /// asks us to stop, or when one of the held locks is lost.
    bool pause_after(const Attempt& attempt) {
        if (waits() && !queued_) {
            // The next attempt enters the queue. It goes out at once, after the request to be told of our turn.
            lock_.listen_for_turn();
            held_.listen();
            queued_ = true;
        } else held_.wait(lock_, next_attempt(attempt), interrupt_);
        const std::vector<Message> messages = held_.take_messages(lock_);
        lock_.hear_turn(messages);
        return held_.keep_up(messages, interrupt_) && !interrupted();
    }

    bool interrupted() { return becomes_readable(interrupt_, poller_); }

    /// Leaves the queue.
    void end() {
        if (queued_) lock_.withdraw();
    }

  private:
    bool waits() const { return until_ > begin_.boot; }

    /// Whether the vote was split: no run has a quorum, and our next attempt may win at once, because we are in no
    /// queue or nearly at the head of the queue.
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
    Upkeep& held_;
    WaitBegin begin_;
    BootTime until_;
    Poller poller_;
    BootTime began_;
    BootTime ended_;
    unsigned split_rounds_ = 0;
    bool queued_ = false;
};

/// As acquire(); the wait ends as well when one of the `held` locks, which are renewed meanwhile, is lost.
Attempt win(Lock& lock, const Patience& patience, int interrupt, const OnWaiting& on_waiting,
            const std::function<void()>& meanwhile, Upkeep& held) {
    Wait wait{lock, patience, interrupt, held};
    for (bool first = true;; first = false) {
        Attempt attempt = wait.attempt(first ? meanwhile : nullptr);
        const bool over = wait.is_over(attempt);
        if (!over && !wait.interrupted()) on_waiting(attempt);
        if (over || !wait.pause_after(attempt)) {
            if (!over) attempt.outcome = Outcome::interrupted;
            // Others that compete would be gone by now: what is in the way is the lack of votes.
            else if (attempt.outcome == Outcome::contended && attempt.lacks_votes) attempt.outcome = Outcome::too_few;
            if (attempt.outcome != Outcome::won) wait.end();
            return attempt;
        }
    }
}

/// The pause before all locks are taken anew, so that two runs that made each other late do not meet again.
constexpr milliseconds shortest_pause{100};
constexpr milliseconds longest_pause{300};

/// One pass through all locks, which takes them from the first to the last.
class Pass {
  public:
    Pass(std::span<Lock> locks, const Patience& patience, int interrupt, const OnTheWay& on_the_way)
        : locks_{locks}, patience_{patience}, interrupt_{interrupt}, on_the_way_{on_the_way} {}

    /// Takes the locks. Returns whether all are ours; if not, give_back() has to follow.
    bool take_all(const std::function<void()>& meanwhile) {
        for (size_t i = 0; i < locks_.size(); ++i) {
            if (i > 0 && !held_.keep_up(held_.take_messages(locks_[i]), interrupt_)) return false;
            const auto waiting = [&](const Attempt& failed) { on_the_way_.waiting(locks_[i], failed); };
            taken_.attempts.push_back(
                win(locks_[i], patience_, interrupt_, waiting, i == 0 ? meanwhile : nullptr, held_));
            if (!taken_.won()) return false;
            held_ = Upkeep{Locks{locks_.first(i + 1)}};
        }
        if (locks_.size() == 1) return true;
        return held_.confirm() && !is_too_late();
    }

    void give_back() {
        taken_.lost = held_.lost();
        held_.release();
    }
    /// Whether another pass is worth making: a lock that was won is lost, or all were won, but too slowly to start a
    /// command, and patience lasts. If the `first` pass loses a lock, a second is worth making whatever the patience.
    bool worth_another(bool first) const {
        return (slow_ || taken_.lost) && ((first && taken_.lost) || BootClock::now() < patience_.until());
    }
    const Taken& taken() const { return taken_; }

  private:
    bool is_too_late() {
        if (held_.worth_starting()) return false;
        slow_ = true;
        taken_.attempts.back().outcome = Outcome::too_few;
        return true;
    }

    std::span<Lock> locks_;
    const Patience& patience_;
    int interrupt_;
    const OnTheWay& on_the_way_;
    Taken taken_;
    Upkeep held_; ///< the locks won so far
    bool slow_ = false;
};

} // namespace

Attempt acquire(Lock& lock, const Patience& patience, int interrupt, const OnWaiting& on_waiting,
                const std::function<void()>& meanwhile) {
    Upkeep nothing;
    return win(lock, patience, interrupt, on_waiting, meanwhile, nothing);
}

Taken acquire_all(std::span<Lock> locks, const Patience& patience, int interrupt, const OnTheWay& on_the_way,
                  const std::function<void()>& meanwhile) {
    for (bool first = true;; first = false) {
        Pass pass{locks, patience, interrupt, on_the_way};
        if (pass.take_all(first ? meanwhile : nullptr)) return pass.taken();
        pass.give_back();
        if (!pass.worth_another(first)) return pass.taken();
        if (const auto& lost = pass.taken().lost) on_the_way.begins_again(*lost);
        Poller poller;
        const nanoseconds rest = shortest_pause + random_up_to(longest_pause - shortest_pause);
        if (becomes_readable(interrupt, poller, BootClock::now() + rest)) return pass.taken();
    }
}

} // namespace holdfast
