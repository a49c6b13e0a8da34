// A thread that looks up where a node is, as often as its owner wishes. A name server, a Sentinel or a node of a
// cluster that hangs may hold that thread up for any time, but no other thread waits for it, and fork and exit do not
// either.
#pragma once

#include "base/clock.hpp"
#include "redis/locator.hpp"

#include <memory>
#include <optional>

namespace holdfast {

class Lookup {
  public:
    /// Starts the thread, which begins the first look-up. Throws Failure if this process has no descriptor left, or a
    /// file that TLS needs cannot be used.
    Lookup(const Node&, milliseconds node_timeout);
    Lookup(Lookup&&) noexcept = default;
    Lookup& operator=(Lookup&&) = delete;
    ~Lookup();

    /// Whether the thread was started. If not, take() returns once why, and again() does nothing.
    bool has_thread() const;
    /// Becomes readable when there is a result to take.
    int fd() const;
    /// Returns the newest result, once; nothing if there is none that was not taken.
    std::optional<Found> take();
    /// Whether the last look-up that the constructor or again() began has no result yet.
    bool is_looking() const;
    /// When the constructor or again() began a look-up last.
    BootTime begun() const { return begun_; }

    /// Lets the thread begin a new look-up at once; one that is still running is broken off without a result. Starts no
    /// thread, so it may be called while a lock is held.
    void again(Wish = {});
    /// From now on the thread also looks up, without again(), whenever the node may have moved.
    void follow();

  private:
    struct Shared;

    static void look(Shared&, Locator&);

    BootTime begun_ = BootClock::now();
    std::shared_ptr<Shared> shared_;
};

} // namespace holdfast
