// The thread that keeps a held lock held (lock/renewal.hpp).
//
// From its construction until stop() has returned the Lock is this thread's alone, so that no mutex guards a
// connection.
#pragma once

#include "base/fd.hpp"
#include "base/live_deadline.hpp"
#include "base/poller.hpp"
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

    Lock& lock_;
    LiveDeadline& deadline_;
    Fd stop_event_;
    Poller poller_;
    std::thread thread_;
};

} // namespace holdfast
