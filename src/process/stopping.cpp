#include "process/stopping.hpp"

namespace holdfast {

std::optional<Stopping::Loss> Stopping::look(const LiveDeadline& lease, bool guard_has_told, BootTime now) {
    if (lost_) return {};
    const auto end = lease.at();
    if (guard_has_told && !stopping()) {
        lose(times_.kill_at(end, now));
        return Loss::guard_told;
    }
    if (lease.lost()) {
        lose(times_.kill_at(end, now));
        return Loss::certain;
    }
    if (now < times_.term_at(end)) return {};
    lose(times_.kill_at(end));
    return Loss::due;
}

void Stopping::lose(const LiveDeadline& lease, BootTime now) { lose(times_.kill_at(lease.at(), now)); }

void Stopping::lose(BootTime kill_at) {
    lost_ = true;
    if (on_loss_) stop(kill_at);
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
