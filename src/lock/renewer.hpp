// The thread that keeps a held lock held.
//
// From its construction until stop() has returned the Lock is this thread's alone, so that no mutex guards a
// connection. It tells what it finds to a LiveDeadline. The first round comes soon, each other a TTL/3 after the
// beginning of the one before, or at once when a node tells that the lock was taken away; a round without a quorum is
// repeated after a short, jittered pause as long as the lease lasts. It never resolves names, writes to stderr or
// decides about the command: local deadlines do (hazards 45-50).
#pragma once

#include "base/live_deadline.hpp"
#include "lock/lock.hpp"

#include <thread>

namespace holdfast {

class Renewer {
  public:
    /// Both outlive the Renewer; the deadline holds the lock's valid_until already. Starts the thread.
    Renewer(Lock& lock, LiveDeadline& deadline);
    Renewer(const Renewer&) = delete;
    Renewer& operator=(const Renewer&) = delete;
    ~Renewer();

    /// Ends the thread; a request that it is waiting for is given up.
    void stop();

  private:
    void run() noexcept;
    void rounds();
    bool stop_requested_within(BootTime until);

    Lock& lock_;
    LiveDeadline& deadline_;
    Fd stop_event_;
    Poller poller_;
    std::thread thread_;
};

} // namespace holdfast
