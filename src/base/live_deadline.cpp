#include "base/live_deadline.hpp"

#include <cstdint>

namespace holdfast {

void LiveDeadline::move(BootTime at) {
    const nanoseconds::rep next = at.time_since_epoch().count();
    if (shared_->at.exchange(next) > next) wake();
}

std::optional<BootTime> LiveDeadline::at() const {
    const nanoseconds::rep at = shared_->at.load();
    if (at == 0) return {};
    return BootTime{nanoseconds{at}};
}

void LiveDeadline::explain(std::string trouble) {
    const std::scoped_lock guard{mutex_};
    reason_ = std::move(trouble);
}

std::string LiveDeadline::reason() const {
    const std::scoped_lock guard{mutex_};
    return reason_;
}

void LiveDeadline::lose(std::string reason) {
    explain(std::move(reason));
    shared_->lost.store(true);
    wake();
}

void LiveDeadline::clear_event() const {
    uint64_t count = 0;
    [[maybe_unused]] const auto ignored = ::read(event_.get(), &count, sizeof count);
}

void LiveDeadline::wake() const {
    const uint64_t one = 1;
    // No write waits; if the eventfd's counter is full, the write fails, but the eventfd is readable already.
    for (const Fd* event : {&event_, &guard_event_})
        [[maybe_unused]] const auto ignored = ::write(event->get(), &one, sizeof one);
}

} // namespace holdfast
