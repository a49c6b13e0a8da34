// The thread that keeps held locks held (lock/renewal.hpp).
//
// From the Renewer's construction until stop() has returned, only this thread uses the locks, so a connection needs no
// mutex.
#pragma once

#include "base/fd.hpp"
#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/locks.hpp"

#include <exception>
#include <functional>
#include <thread>

namespace holdfast {

class Renewer {
  public:
    /// Starts the thread. Locks and deadline outlive the Renewer; the deadline is already at the locks' valid_until().
    Renewer(Locks locks, LiveDeadline& deadline);
    Renewer(const Renewer&) = delete;
    Renewer& operator=(const Renewer&) = delete;
    ~Renewer();

    /// Ends the renewal and its wait for an answer. Then the thread itself calls `last`, so that the requests of `last`
    /// need not wait for the thread's end. Returns when the thread has ended, and throws what `last` throws.
    void stop(const std::function<void()>& last = {});

  private:
    void end(const std::function<void()>& last);
    void run() noexcept;

    Locks locks_;
    LiveDeadline& deadline_;
    Fd stop_event_;
    Poller poller_;
    std::function<void()> last_; ///< set before stop_event_ is written, called after it is read
    std::exception_ptr failure_; ///< of last_; read after the thread's end
    std::thread thread_;
};

} // namespace holdfast
