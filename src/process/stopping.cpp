#include "process/stopping.hpp"

namespace holdfast {

std::optional<Stopping::Loss> Stopping::look(const LiveDeadline& lease, bool guard_has_told, BootTime now) {
    if (lost_) return {};
    const StopTimes::Lease end = lease.at();
    std::optional<Loss> loss;
    if (guard_has_told && !stopping()) loss = Loss::guard_told;
    else if (lease.lost()) loss = Loss::certain;
    else if (now >= times_.term_at(end)) loss = Loss::due;
    if (loss) lose(end, now);
    return loss;
}

void Stopping::lose(StopTimes::Lease lease, BootTime now) {
    lost_ = true;
    if (on_loss_) stop(times_.kill_at(lease, now));
}

void Stopping::stop(BootTime kill_at) { kill_at_ = std::min(kill_at_.value_or(kill_at), kill_at); }

Stopping::Due Stopping::due(BootTime now) {
    const bool term = stopping() && !told_;
    told_ = stopping();
    return {term, kill_at_ && now >= *kill_at_};
}

BootTime Stopping::next(const LiveDeadline& lease) const {
    const BootTime next = kill_at_.value_or(BootTime::max());
    return lost_ ? next : std::min(next, times_.term_at(lease.at()));
}

} // namespace holdfast
