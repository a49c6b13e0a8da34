// How long the lock is certainly ours, told by one thread and watched by another.
//
// The instant and the loss are in memory that processes forked afterwards share (process/guard.hpp reads them there).
// The renewal thread moves it; the supervisor reads it whenever a timer of its own fires. Moving it forward
// therefore wakes nobody; moving it back or losing the lock does, through an eventfd.
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
    /// Without a deadline: nothing is held yet. Throws Failure.
    LiveDeadline() : event_{make_event_fd()} {}

    /// The teller's side.
    void move(BootTime at);
    /// Why it does not move at the moment, for the case that it never will again.
    void explain(std::string trouble);
    /// The lock is gone for ever, whatever time is left; at() keeps its last value. Called once, last.
    void lose(std::string reason);

    /// The watcher's side.
    std::optional<BootTime> at() const;
    /// Whether nothing is certainly held at `now`.
    bool over(BootTime now) const { return now >= at().value_or(BootTime{}); }
    bool lost() const { return shared_->lost.load(); }
    /// What was explained last, or why it is lost.
    std::string reason() const;
    /// Readable when the watcher should look again.
    int event() const { return event_.get(); }
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
};

} // namespace holdfast
