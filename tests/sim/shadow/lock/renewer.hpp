// In place of src/lock/renewer.hpp: the thread is one of the simulated process.
#pragma once

#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/locks.hpp"

#include <functional>

namespace holdfast {

class Renewer {
  public:
    Renewer(Locks locks, LiveDeadline& deadline);

    void stop(const std::function<void()>& last = {});

  private:
    int stop_event_;
    int ended_;
    Poller poller_;
    std::function<void()> last_;
};

} // namespace holdfast
