// A thread that looks up where a node is, as often as its owner wishes: a name server, a Sentinel or a node of a
// cluster that hangs holds that thread up for any time. No other thread waits for it, and it disturbs neither fork nor
// exit.
#pragma once

#include "base/clock.hpp"
#include "redis/locator.hpp"

#include <memory>
#include <optional>

namespace holdfast {

class Lookup {
  public:
    /// Begins the first look-up. Throws Failure when this process has no descriptor left.
    Lookup(const Node&, milliseconds node_timeout);
    Lookup(Lookup&&) noexcept = default;
    Lookup& operator=(Lookup&&) = delete;
    ~Lookup();

    /// False if the thread could not be started; then the first result says why, and no other follows.
    bool has_thread() const;
    /// Becomes readable when there is a result to take.
    int fd() const;
    /// The newest result, if it was not taken yet; otherwise nothing.
    std::optional<Found> take();
    /// Whether the last look-up that was wished for has no result yet.
    bool is_looking() const;
    /// When the last look-up was wished for.
    BootTime begun() const { return begun_; }

    /// Looks up once more, beginning now. Needs no new thread, so it may be called while a lock is held.
    void again(Wish = {});
    /// From now on looks up as well whenever the node may have moved.
    void follow();

  private:
    struct Shared;

    static void look(Shared&, Locator&);

    BootTime begun_ = BootClock::now();
    std::shared_ptr<Shared> shared_;
};

} // namespace holdfast
