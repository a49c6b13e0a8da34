#include "lock/acquire_all.hpp"

#include <optional>

namespace holdfast {
namespace {

/// One go at all locks, from the first to the last.
class Pass {
  public:
    Pass(std::span<Lock> locks, const Patience& patience, int interrupt, const OnTheWay& on_the_way)
        : locks_{locks}, patience_{patience}, interrupt_{interrupt}, on_the_way_{on_the_way} {}

    /// Whether all are ours.
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
        if (held_) held_->release();
    }
    /// Why a lock that was won is lost; nothing when none is.
    std::optional<std::string> lost() const { return held_ ? held_->lost() : std::nullopt; }
    /// Whether all were won, but too slowly to start a command, and there is time for another go.
    bool slow() const { return slow_; }
    const Taken& taken() const { return taken_; }

  private:
    bool is_too_late() {
        if (held_->worth_starting()) return false;
        slow_ = BootClock::now() < patience_.until();
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
    std::optional<Upkeep> held_; ///< all that were won
    bool slow_ = false;
};

} // namespace

Taken acquire_all(std::span<Lock> locks, const Patience& patience, int interrupt, const OnTheWay& on_the_way,
                  const std::function<void()>& meanwhile) {
    for (bool first = true;; first = false) {
        Pass pass{locks, patience, interrupt, on_the_way};
        if (pass.take_all(first ? meanwhile : nullptr)) return pass.taken();
        pass.give_back();
        if (const auto lost = pass.lost()) on_the_way.begins_again(*lost);
        else if (!pass.slow()) return pass.taken();
    }
}

} // namespace holdfast
