// The story of a held lock, from its win until it is let go, without the process that it is held for.
//
//   Hold hold{lock, deadline, min_hold};     just won
//   hold.start_until()                       may the command start, and until when?
//   hold.keep_up()                           as long as it runs, each time at the instant that the last call returned
//   hold.let_go(end)                         nothing of the command lives
//
// By the deadline the command is stopped in time (process/stopping.hpp). Belongs to one thread; from keep_up() to
// let_go() the Lock is the renewal thread's.
#pragma once

#include "base/live_deadline.hpp"
#include "lock/lock.hpp"
#include "lock/renewer.hpp"

#include <optional>

namespace holdfast {

class Hold {
  public:
    /// Both outlive the Hold; the deadline moves to the lock's.
    Hold(Lock& lock, LiveDeadline& deadline, milliseconds min_hold);

    /// The last instant at which the command may be started; nothing when the lock is not ours any more. After a
    /// hold-up the nodes are asked again: the lock may have been taken away meanwhile.
    std::optional<BootTime> start_until();
    /// Renews the lock when it has been held for a while: the start of a thread, and a node's work to tell of a
    /// force-release, would cost more than a short command. Where the thread cannot be started it is tried again as
    /// long as the lease lasts. Returns when to call again.
    BootTime keep_up();

    /// How the command has ended.
    struct End {
        bool lost = false;   ///< it was stopped for it, or not over before the lease was
        bool started = true; ///< otherwise min_hold does not count
    };
    struct LetGo {
        enum class How {
            released,
            kept, ///< it stays held for `rest` more, for min_hold
        } how;
        bool confirmed = true; ///< by so many nodes that it is so
        milliseconds rest{};
    };
    /// Renews no more, and lets go of as much of the lock as min_hold and the end allow.
    LetGo let_go(const End&);

    /// The lock was won so long ago.
    milliseconds held() const;

  private:
    Lock& lock_;
    LiveDeadline& deadline_;
    milliseconds min_hold_;
    BootTime won_ = BootClock::now();
    BootTime renews_from_{}; ///< set before the go
    std::optional<Renewer> renewer_;
};

} // namespace holdfast
