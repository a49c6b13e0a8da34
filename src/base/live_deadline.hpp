// Until when the lock is certainly ours: one thread sets this deadline, others watch it.
//
// All but the reason is in memory that processes forked afterwards share: the guard reads it there (process/guard.hpp),
// and so do the guards of runs inside this one (process/outer_leases.hpp). The renewal thread moves the deadline; the
// supervisor and the guard read it whenever their own timers fire. So moving it forward wakes neither of them; moving
// it back or losing the lock wakes both, each through an eventfd of its own.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/shared.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace holdfast {

class LiveDeadline {
  public:
    /// No deadline yet, because no lock is held. Throws Failure.
    LiveDeadline() : shared_{Shared<Memory>::For::all_to_see}, event_{make_event_fd()}, guard_event_{make_event_fd()} {}

    /// Sets until when the lock is certainly ours. Only the thread that keeps the lock (first the main thread, then the
    /// renewal thread) calls move(), explain() and lose().
    void move(BootTime at);
    /// Notes why the deadline does not move at the moment. From now on reason() returns `trouble`, for the case that
    /// the deadline passes.
    void explain(std::string trouble);
    /// Notes that the lock is lost for ever, even if time is left before the deadline: lost() is true from now on, at()
    /// keeps its value, and reason() returns `reason`. Called once, after all calls of move() and explain().
    void lose(std::string reason);

    /// Notes when this process was started, in the unit of ProcessId (process/ancestry.hpp): by that a run inside tells
    /// our lease from one of an earlier process of our number, which another process still has. Main thread.
    void sign(uint64_t start) const { shared_->start = start; }
    /// Tells runs that processes of this group start: the group is killed so long before the deadline; nothing: it goes
    /// on. Main thread.
    void bind(pid_t group, std::optional<milliseconds> margin) const {
        shared_->margin = nanoseconds{margin.value_or(milliseconds{0})}.count();
        shared_->group = group;
    }
    /// Tells them that no process depends on the lock any more. Main thread.
    void unbind() const { shared_->group = 0; }

    /// Until when the lock is certainly ours; nothing before the first move(). Watchers call this and the functions
    /// below.
    std::optional<BootTime> at() const;
    /// Whether the deadline has passed at `now`, or none was set. A lost lock may have time left: ask lost() as well.
    bool over(BootTime now) const { return now >= at().value_or(BootTime{}); }
    bool lost() const { return shared_->lost.load(); }
    /// The text that explain() or lose() noted last; empty if neither was called. A forked process does not see what
    /// was noted after the fork.
    std::string reason() const;
    /// An eventfd that is readable once the deadline was moved back or the lock was lost, until clear_event() is
    /// called.
    int event() const { return event_.get(); }
    /// A second eventfd of the same meaning, for the guard, a forked process, which clears it by reading it.
    int guard_event() const { return guard_event_.get(); }
    void clear_event() const;

    /// What is in the memory. Other versions of holdfast read it: a change takes another number for the form.
    struct Memory {
        static constexpr uint64_t our_form = 0x686f'6c64'6661'7302;
        std::atomic<uint64_t> form = our_form;
        std::atomic<uint64_t> start = 0;      ///< as sign() noted it
        std::atomic<nanoseconds::rep> at = 0; ///< on BootClock; 0: no deadline
        std::atomic<bool> lost = false;
        std::atomic<pid_t> group = 0;             ///< as bind() noted it; 0: none
        std::atomic<nanoseconds::rep> margin = 0; ///< as bind() noted it; 0: the group goes on
    };

  private:
    void wake() const;

    Shared<Memory> shared_;
    mutable std::mutex mutex_;
    std::string reason_; ///< guarded by mutex_
    Fd event_;
    Fd guard_event_;
};

} // namespace holdfast
