// The thread that keeps held locks held (lock/renewal.hpp).
//
// From the Renewer's construction until stop() has returned, only this thread uses the locks, so a connection needs no
// mutex.
#pragma once

#include "base/fd.hpp"
#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/locks.hpp"

#include <thread>

namespace holdfast {

class Renewer {
  public:
    /// Starts the thread. Locks and deadline outlive the Renewer; the deadline is the locks' valid_until() already.
    Renewer(Locks locks, LiveDeadline& deadline);
    Renewer(const Renewer&) = delete;
    Renewer& operator=(const Renewer&) = delete;
    ~Renewer();

    /// Ends the thread, and with it the wait for an answer.
    void stop();

  private:
    void run() noexcept;

    Locks locks_;
    LiveDeadline& deadline_;
    Fd stop_event_;
    Poller poller_;
    std::thread thread_;
};

} // namespace holdfast
