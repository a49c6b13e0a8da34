// How the threads that hold a lock wait: poll(2) together with an absolute timer on the clock of all lock logic.
//
// poll's own timeout stands still while the machine is suspended; a timerfd on CLOCK_BOOTTIME does not
// (hazard 4). A Poller belongs to one thread.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"

#include <optional>
#include <poll.h>
#include <vector>

namespace holdfast {

class Poller {
  public:
    /// Throws Failure.
    Poller();

    /// Waits until one of `fds` is ready or `deadline` has passed; without a deadline, as long as it takes; with
    /// BootTime{} it only looks. Skips entries with a negative fd. On return the revents of all entries are set; all
    /// are 0 if the time was up, or a signal has ended the wait early.
    void wait(std::vector<pollfd>& fds, std::optional<BootTime> deadline);

  private:
    Fd timer_;
    std::vector<pollfd> open_; ///< what the last wait polled: the timer, then the open `fds`
};

} // namespace holdfast
