// A simulated process: threads that wait, a clock, and somebody who stops or kills it.
//
// Code that runs in it sees the world through the seams only (sim/seams.cpp): it reads the clock, waits in a Poller,
// and talks through connections. At each of these it may be stopped for a while; when it is killed, the thread that
// waits there unwinds its stack.
#pragma once

#include "base/clock.hpp"
#include "sim/fiber.hpp"
#include "sim/world.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::sim {

/// Unwinds the stack of a thread whose process was killed. No std::exception, so that nobody handles it.
struct Killed {};

class Process {
  public:
    Process(World& world, std::string name, Clock boot, Clock wall);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    /// Kills it.
    ~Process();

    /// The one whose thread runs now; there is always one when the lock's code runs.
    static Process& current();

    World& world() { return world_; }
    const std::string& name() const { return name_; }
    const Clock& boot() const { return boot_; }
    BootTime boot_now() const { return BootTime{boot_.at(world_.now())}; }
    milliseconds wall_now() const { return std::chrono::floor<milliseconds>(wall_.at(world_.now())); }

    /// A thread more. Returns a descriptor that becomes readable when it has ended.
    int run(std::function<void()> body);

    /// Nothing of it runs until then.
    void stop_until(Instant);
    /// The same at its n-th scheduling point from now.
    void stop_at_point(unsigned n, nanoseconds lasts);
    void kill();
    /// When it went on in the midst of its code last, which may have looked at the clock before it was stopped.
    Instant dawdled_until() const { return dawdled_until_; }
    bool killed() const { return killed_; }
    /// It was stopped or killed at some time.
    bool disturbed() const { return disturbed_; }

    /// For the thread that runs: it may be stopped here. `throws`: and may end here.
    void point(bool throws);
    /// For the thread that runs: until then, or until some descriptor becomes readable.
    void block(Instant until);

    int new_fd();
    bool readable(int fd) const { return readable_[static_cast<size_t>(fd)]; }
    void set_readable(int fd, bool);

  private:
    struct Thread {
        std::unique_ptr<Fiber> fiber;
        uint64_t wait = 0; ///< counts its waits, so that a late timer wakes nobody
        bool blocked = false;
    };
    void wake(Thread& thread, uint64_t wait);
    void resume(Thread&);
    void wait_for_turn(Thread&, Instant until);

    World& world_;
    std::string name_;
    Clock boot_;
    Clock wall_;
    std::deque<Thread> threads_;
    Thread* running_ = nullptr;
    std::vector<bool> readable_;
    Instant stopped_until_{};
    Instant dawdled_until_{-1};
    std::vector<std::pair<unsigned, nanoseconds>> stops_; ///< scheduling points to go, and how long then
    bool killed_ = false;
    bool disturbed_ = false;
};

} // namespace holdfast::sim
