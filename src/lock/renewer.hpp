// The thread that keeps a held lock held (lock/renewal.hpp).
//
// From the Renewer's construction until stop() has returned, only this thread uses the Lock, so a connection needs no
// mutex.
#pragma once

#include "base/fd.hpp"
#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/lock.hpp"

#include <thread>

namespace holdfast {

class Renewer {
  public:
    /// Starts the thread. Lock and deadline outlive the Renewer; the deadline is the lock's valid_until() already.
    Renewer(Lock& lock, LiveDeadline& deadline);
    Renewer(const Renewer&) = delete;
    Renewer& operator=(const Renewer&) = delete;
    ~Renewer();

    /// Ends the thread, and with it the wait for an answer.
    void stop();

  private:
    void run() noexcept;

    Lock& lock_;
    LiveDeadline& deadline_;
    Fd stop_event_;
    Poller poller_;
    std::thread thread_;
};

} // namespace holdfast
