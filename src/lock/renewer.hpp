// The thread that keeps a held lock held.
//
// It owns the Lock from start to stop (the Lock moves in and out, so that no mutex guards a connection) and
// tells what it finds to a LiveDeadline. A round every TTL/3 on an absolute schedule; a round without a
// quorum is repeated after a short, jittered pause as long as the lease lasts. It never resolves names,
// writes to stderr or decides about the command: local deadlines do (hazards 45-50).
#pragma once

#include "base/live_deadline.hpp"
#include "lock/lock.hpp"

#include <optional>
#include <thread>

namespace holdfast {

class Renewer {
  public:
    /// `deadline` outlives the Renewer and holds the lock's valid_until already. Starts the thread.
    Renewer(Lock lock, LiveDeadline& deadline);
    ~Renewer();

    /// Ends the thread, after the request it may be waiting for has been given up, and hands the Lock back.
    Lock stop();

  private:
    void run() noexcept;
    void rounds();
    bool stop_requested_within(Poller&, BootTime until) const;

    std::optional<Lock> lock_;
    LiveDeadline& deadline_;
    Fd stop_event_;
    std::thread thread_;
};

} // namespace holdfast
