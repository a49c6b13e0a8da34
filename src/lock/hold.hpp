// The held locks of a run, from their win until they are let go. The caller runs the command for which they are held.
//
//   Hold hold{locks, deadline, min_hold};    just won
//   hold.start_until()                       may the command start, and until when?
//   hold.keep_up()                           as long as the command runs: now, then when the last call said
//   hold.let_go(end)                         once no process of the command lives
//
// The caller stops the command in time before the deadline (process/stopping.hpp). A Hold belongs to one thread. From
// when keep_up() has started the renewal thread until let_go() has returned, the locks belong to that thread.
#pragma once

#include "base/live_deadline.hpp"
#include "lock/locks.hpp"
#include "lock/renewer.hpp"

#include <optional>
#include <vector>

namespace holdfast {

class Hold {
  public:
    /// Call right after the win: min_hold counts from here. Moves the deadline to the end of the shortest lease, and
    /// tells the nodes of the win (Lock::note_start()). Locks and deadline outlive the Hold.
    Hold(Locks locks, LiveDeadline& deadline, milliseconds min_hold);

    /// Returns the last instant at which the command may be started; nothing when a lock is not ours any more. If the
    /// newest answer of a node is older than Locks::a_while, first asks the nodes again (Locks::confirm()), because a
    /// lock may have been taken away meanwhile. Call once, right before the command's start.
    std::optional<BootTime> start_until();
    /// Starts the renewal thread a moment after start_until(): a thread, and a node's work to tell of a force-release,
    /// would cost more than a short command. If the thread cannot be started, the next call tries again. Returns when
    /// to call again: BootTime::max() when the thread runs. The first call also sends the nodes the note of the
    /// win, and prepares the release, because this thread has nothing else to do then.
    BootTime keep_up();

    /// How the command has ended.
    struct End {
        bool lost = false;   ///< the command was stopped for a lost lock, or ended after the lease
        bool started = true; ///< if the command was not started, min_hold does not count
        /// When the command was started, if it has succeeded.
        std::optional<BootTime> succeeded{};
        std::optional<int> status{}; ///< the command's exit status
        std::optional<int> signal{}; ///< or the signal that ended the command
    };
    struct LetGo {
        enum class How {
            released,
            kept, ///< the locks stay held for `rest` more, because of min_hold
        } how;
        std::vector<bool> confirmed; ///< by lock: whether a quorum of nodes has confirmed that it is released or kept
        milliseconds rest{};
    };
    /// Ends the renewal and releases the locks. But if the command was started, no lock is lost, and min_hold is not
    /// over, keeps the locks for the rest of min_hold. A success is marked (Lock::marked) only if no lock was lost.
    /// Call once.
    LetGo let_go(const End&);

    /// If start_until() has returned nothing, the locks tell why one is not ours any more.
    const Locks& locks() const { return locks_; }
    /// How long ago the locks were won.
    milliseconds held() const;

  private:
    /// The part of let_go() that follows the last renewal round, because a loss that the round has found counts. Runs
    /// in the renewal thread, if there is one.
    LetGo let_go_now(const End&);

    Locks locks_;
    LiveDeadline& deadline_;
    milliseconds min_hold_;
    BootTime won_ = BootClock::now();
    bool prepared_ = false;  ///< whether this thread has sent the note of the win and prepared the release
    BootTime renews_from_{}; ///< start_until() sets it, before the command starts
    std::optional<Renewer> renewer_;
};

} // namespace holdfast
