#include "sim/world.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace holdfast::sim {

nanoseconds Clock::at(Instant instant) const {
    return ahead + nanoseconds{std::llround(static_cast<double>(instant.count()) * rate)};
}

Instant Clock::when(nanoseconds shows) const {
    // Who never wants to be woken says so with a time that no double holds.
    if (shows > nanoseconds::max() / 2) return never;
    Instant instant{std::llround(static_cast<double>((shows - ahead).count()) / rate)};
    while (at(instant) < shows) ++instant;
    return instant;
}

void World::at(Instant when, std::function<void()> action) {
    if (when == never) return;
    queue_.push_back({std::max(when, now_), next_number_++, std::move(action)});
    std::push_heap(queue_.begin(), queue_.end(), later);
}

void World::run(Instant until, const std::function<bool()>& over) {
    while (!queue_.empty() && queue_.front().when <= until && !over()) {
        std::pop_heap(queue_.begin(), queue_.end(), later);
        const Event event = std::move(queue_.back());
        queue_.pop_back();
        now_ = event.when;
        ++events_;
        event.action();
    }
}

void World::line(const std::string& text) const { fmt::print("{:>10}  {}\n", text_of(now_), text); }

std::string text_of(Instant instant) { return fmt::format("{:.4f}s", static_cast<double>(instant.count()) / 1e9); }

} // namespace holdfast::sim
