#include "lock/acquire_all.hpp"

#include "base/poller.hpp"
#include "base/random.hpp"

#include <optional>

namespace holdfast {
namespace {

/// The pause before all locks are taken anew, so that two runs that made each other late do not meet again.
constexpr milliseconds shortest_pause{100};
constexpr milliseconds longest_pause{300};

/// False when a signal asks us to stop.
bool pause(int interrupt) {
    std::vector<pollfd> fds{{interrupt, POLLIN, 0}};
    Poller{}.wait(fds, BootClock::now() + shortest_pause + random_up_to(longest_pause - shortest_pause));
    return fds.front().revents == 0;
}

/// One go at all locks, from the first to the last.
class Pass {
  public:
    Pass(std::span<Lock> locks, const Patience& patience, int interrupt, const OnTheWay& on_the_way)
        : locks_{locks}, patience_{patience}, interrupt_{interrupt}, on_the_way_{on_the_way} {}

    /// Returns whether all locks are ours.
    bool take_all(const std::function<void()>& meanwhile) {
        for (size_t i = 0; i < locks_.size(); ++i) {
            if (held_ && !held_->keep_up(held_->take_messages(locks_[i]), interrupt_)) return false;
            if (!take(i, meanwhile)) return false;
            held_.emplace(Locks{locks_.first(i + 1)});
        }
        if (locks_.size() == 1) return true;
        return held_->confirm() && !is_too_late();
    }

    void give_back() {
        if (!held_) return;
        taken_.lost = held_->lost();
        held_->release();
    }
    /// Whether another go is worth making: a lock that was won is lost, or all were won, but too slowly to start a
    /// command. If the `first` go loses a lock, a second is worth making whatever the patience.
    bool worth_another(bool first) const {
        return (slow_ || taken_.lost) && ((first && taken_.lost) || BootClock::now() < patience_.until());
    }
    const Taken& taken() const { return taken_; }

  private:
    bool is_too_late() {
        if (held_->worth_starting()) return false;
        slow_ = true;
        taken_.attempts.back().outcome = Outcome::too_few;
        return true;
    }

    bool take(size_t i, const std::function<void()>& meanwhile) {
        const auto waiting = [&](const Attempt& failed) { on_the_way_.waiting(locks_[i], failed); };
        taken_.attempts.push_back(held_ ? acquire(locks_[i], patience_, interrupt_, waiting, {}, &*held_)
                                        : acquire(locks_[i], patience_, interrupt_, waiting, meanwhile));
        return taken_.won();
    }

    std::span<Lock> locks_;
    const Patience& patience_;
    int interrupt_;
    const OnTheWay& on_the_way_;
    Taken taken_;
    std::optional<Upkeep> held_; ///< the locks won so far
    bool slow_ = false;
};

} // namespace

Taken acquire_all(std::span<Lock> locks, const Patience& patience, int interrupt, const OnTheWay& on_the_way,
                  const std::function<void()>& meanwhile) {
    for (bool first = true;; first = false) {
        Pass pass{locks, patience, interrupt, on_the_way};
        if (pass.take_all(first ? meanwhile : nullptr)) return pass.taken();
        pass.give_back();
        if (!pass.worth_another(first)) return pass.taken();
        if (const auto& lost = pass.taken().lost) on_the_way.begins_again(*lost);
        if (!pause(interrupt)) return pass.taken();
    }
}

} // namespace holdfast
