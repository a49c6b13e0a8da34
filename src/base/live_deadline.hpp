// How long the lock is certainly ours, told by one thread and watched by another.
//
// The instant itself is in memory that processes forked afterwards share (process/guard.hpp reads it there).
// The renewal thread moves it; the supervisor reads it whenever a timer of its own fires. Moving it forward
// therefore wakes nobody; moving it back or losing the lock does, through an eventfd.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/shared.hpp"

#include <atomic>
#include <mutex>
#include <string>

namespace holdfast {

class LiveDeadline {
  public:
    /// Throws Failure.
    explicit LiveDeadline(BootTime at) : event_{make_event_fd()} { *at_ = at.time_since_epoch().count(); }

    /// The teller's side.
    void move(BootTime at);
    /// Why it does not move at the moment, for the case that it never will again.
    void explain(std::string trouble);
    /// The lock is gone for ever, whatever time is left; at() keeps its last value. Called once, last.
    void lose(std::string reason);

    /// The watcher's side.
    BootTime at() const { return BootTime{nanoseconds{at_->load()}}; }
    bool lost() const { return lost_.load(); }
    /// What was explained last, or why it is lost.
    std::string reason() const;
    /// Readable when the watcher should look again.
    int event() const { return event_.get(); }
    void clear_event() const;

  private:
    void wake() const;

    Shared<std::atomic<nanoseconds::rep>> at_;
    std::atomic<bool> lost_ = false;
    mutable std::mutex mutex_;
    std::string reason_; ///< guarded by mutex_
    Fd event_;
};

} // namespace holdfast
