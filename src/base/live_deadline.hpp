// How long the lock is certainly ours, told by one thread and watched by another.
//
// All but the reason is in memory that processes forked afterwards share: the guard reads it there (process/guard.hpp).
// The renewal thread moves the deadline; the supervisor and the guard read it whenever their own timers fire. So moving
// it forward wakes neither of them; moving it back or losing the lock wakes both, each through an eventfd of its own.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/shared.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace holdfast {

class LiveDeadline {
  public:
    /// No deadline yet, because no lock is held. Throws Failure.
    LiveDeadline() : event_{make_event_fd()}, guard_event_{make_event_fd()} {}

    /// Sets until when the lock is certainly ours. move(), explain() and lose() are for the thread that tells.
    void move(BootTime at);
    /// Notes why the deadline does not move at the moment; `trouble` becomes the reason if the deadline passes.
    void explain(std::string trouble);
    /// Notes that the lock is lost for ever, whatever time is left; at() keeps its last value. Called once, last.
    void lose(std::string reason);

    /// Until when the lock is certainly ours; nothing before the first move(). All from here on is for watchers.
    std::optional<BootTime> at() const;
    /// Whether the deadline has passed at `now`, or none was set. A lost lock may have time left: ask lost() as well.
    bool over(BootTime now) const { return now >= at().value_or(BootTime{}); }
    bool lost() const { return shared_->lost.load(); }
    /// What explain() or lose() noted last.
    std::string reason() const;
    /// Readable when the watcher should look again.
    int event() const { return event_.get(); }
    /// As event(), for a watcher in a forked process.
    int guard_event() const { return guard_event_.get(); }
    void clear_event() const;

  private:
    void wake() const;

    struct State {
        std::atomic<nanoseconds::rep> at = 0; ///< 0: no deadline
        std::atomic<bool> lost = false;
    };
    Shared<State> shared_;
    mutable std::mutex mutex_;
    std::string reason_; ///< guarded by mutex_
    Fd event_;
    Fd guard_event_;
};

} // namespace holdfast
