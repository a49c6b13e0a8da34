#include "lock/hold.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <exception>

namespace holdfast {
namespace {

/// A run that is not held up takes less from the last answer to the go, and a short command less from the go to its
/// end.
constexpr milliseconds a_while{10};
/// Before another try to start the renewal thread.
constexpr milliseconds pause{50};

} // namespace

Hold::Hold(Lock& lock, LiveDeadline& deadline, milliseconds min_hold)
    : lock_{lock}, deadline_{deadline}, min_hold_{min_hold} {
    if (const auto until = lock_.valid_until()) deadline_.move(*until);
}

std::optional<BootTime> Hold::start_until() {
    // When it is too late to start, no answer changes that.
    if (BootClock::now() > lock_.heard_at() + a_while && lock_.worth_starting()) {
        // Past the deadline no yes revives the lock (hazard 45).
        if (lock_.confirm() == Renewal::lost || deadline_.over(BootClock::now())) return {};
        if (const auto until = lock_.valid_until()) deadline_.move(*until);
    }
    renews_from_ = BootClock::now() + a_while;
    return lock_.start_until();
}

BootTime Hold::keep_up() {
    if (renewer_) return BootTime::max();
    if (const BootTime now = BootClock::now(); now < renews_from_) return renews_from_;
    try {
        renewer_.emplace(lock_, deadline_);
        return BootTime::max();
    } catch (const std::exception& error) {
        deadline_.explain(fmt::format("renewal cannot be started: {}", error.what()));
    }
    return BootClock::now() + pause;
}

Hold::LetGo Hold::let_go(const End& end) {
    // What the renewal thread has found out counts.
    if (renewer_) renewer_->stop();
    const auto rest = std::chrono::ceil<milliseconds>(won_ + min_hold_ - BootClock::now());
    // A lock whose lease has ended meanwhile is not ours to keep (hazard 45).
    const bool lost = end.lost || deadline_.lost() || deadline_.over(BootClock::now());
    if (rest <= milliseconds{0} || !end.started || lost) return {LetGo::How::released, lock_.release()};
    return {LetGo::How::kept, lock_.keep(rest), rest};
}

milliseconds Hold::held() const { return std::chrono::duration_cast<milliseconds>(BootClock::now() - won_); }

} // namespace holdfast
