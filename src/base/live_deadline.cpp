#include "base/live_deadline.hpp"

#include <cstdint>

namespace holdfast {

void LiveDeadline::move(BootTime at) {
    const nanoseconds::rep next = at.time_since_epoch().count();
    if (at_.exchange(next) > next) wake();
}

void LiveDeadline::lose(std::string reason) {
    reason_ = std::move(reason);
    lost_.store(true);
    wake();
}

void LiveDeadline::clear_event() const {
    uint64_t count = 0;
    [[maybe_unused]] const auto ignored = ::read(event_.get(), &count, sizeof count);
}

void LiveDeadline::wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(event_.get(), &one, sizeof one);
}

} // namespace holdfast
