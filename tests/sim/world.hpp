// Virtual time, and what happens in it. One world is one history; everything in it runs in one thread, and the same
// seed gives the same history.
#pragma once

#include "sim/rng.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

namespace holdfast::sim {

/// True time since the beginning of the history, which no clock in it shows.
using Instant = nanoseconds;
constexpr Instant never = Instant::max();

/// A clock that is wrong: by how much, and how fast it goes.
struct Clock {
    double rate = 1;
    nanoseconds ahead{};

    nanoseconds at(Instant) const;
    /// The first instant at which it shows that.
    Instant when(nanoseconds shows) const;
};

class World {
  public:
    World(uint64_t seed, bool traced) : rng{seed}, traced_{traced} {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Rng rng;

    Instant now() const { return now_; }
    void at(Instant when, std::function<void()> action);
    void after(nanoseconds delay, std::function<void()> action) { at(now_ + delay, std::move(action)); }
    /// Runs what happens until then, or until `over`.
    void run(Instant until, const std::function<bool()>& over);
    size_t events() const { return events_; }

    /// A line of the trace, if anybody reads it.
    template <typename... Values>
    void trace(fmt::format_string<Values...> format, Values&&... values) {
        if (traced_) line(fmt::format(format, std::forward<Values>(values)...));
    }
    bool traced() const { return traced_; }

  private:
    struct Event {
        Instant when;
        uint64_t number;
        std::function<void()> action;
    };
    static bool later(const Event& a, const Event& b) {
        return a.when != b.when ? a.when > b.when : a.number > b.number;
    }
    void line(const std::string& text) const;

    bool traced_;
    Instant now_{};
    uint64_t next_number_ = 0;
    size_t events_ = 0;
    std::vector<Event> queue_; ///< a heap
};

/// "1.250s"
std::string text_of(Instant);

} // namespace holdfast::sim
