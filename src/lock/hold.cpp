#include "lock/hold.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace holdfast {
namespace {

/// How long after start_until() the renewal begins. Longer than a short command runs, and than a row of readers takes
/// to start; far shorter than a third of the shortest TTL.
constexpr milliseconds renewal_after{50};
/// The pause before another try to start the renewal thread.
constexpr milliseconds pause{50};

} // namespace

Hold::Hold(Locks locks, LiveDeadline& deadline, milliseconds min_hold)
    : locks_{locks}, deadline_{deadline}, min_hold_{min_hold} {
    if (const auto until = locks_.valid_until()) deadline_.move(*until);
    locks_.note_start();
}

std::optional<BootTime> Hold::start_until() {
    // If it is too late to start the command, the nodes are not asked.
    if (BootClock::now() > locks_.newest_answer() + Locks::a_while && locks_.worth_starting()) {
        // After the deadline no yes of a node revives the lock (hazard 45).
        if (locks_.confirm() == Renewal::lost || deadline_.over(BootClock::now())) return {};
        if (const auto until = locks_.valid_until()) deadline_.move(*until);
    }
    renews_from_ = BootClock::now() + renewal_after;
    return locks_.start_until();
}

BootTime Hold::keep_up() {
    if (renewer_) return BootTime::max();
    if (!std::exchange(prepared_, true)) {
        locks_.push_notes();
        locks_.prepare_release();
    }
    if (BootClock::now() < renews_from_) return renews_from_;
    try {
        renewer_.emplace(locks_, deadline_);
        return BootTime::max();
    } catch (const std::exception& error) {
        deadline_.explain(fmt::format("renewal cannot be started: {}", error.what()));
    }
    return BootClock::now() + pause;
}

Hold::LetGo Hold::let_go(const End& end) {
    if (!renewer_) return let_go_now(end);
    LetGo done{};
    renewer_->stop([&] { done = let_go_now(end); });
    return done;
}

Hold::LetGo Hold::let_go_now(const End& end) {
    const auto rest = std::chrono::ceil<milliseconds>(won_ + min_hold_ - BootClock::now());
    // A lock whose lease has ended meanwhile is not ours to keep (hazard 45).
    const bool lost = end.lost || deadline_.lost() || deadline_.over(BootClock::now());
    if (end.succeeded && !lost) locks_.succeeded(*end.succeeded);
    const How how = !end.started ? How::not_started : lost ? How::lost : How::ended;
    locks_.ended({.how = how, .status = end.status, .signal = end.signal, .why = lost ? deadline_.reason() : ""});
    if (rest <= milliseconds{0} || !end.started || lost) return {LetGo::How::released, locks_.release()};
    return {LetGo::How::kept, locks_.keep(rest), rest};
}

milliseconds Hold::held() const { return std::chrono::duration_cast<milliseconds>(BootClock::now() - won_); }

} // namespace holdfast
