// In place of src/base/live_deadline.hpp: the same of one simulated process, and the oracle is told.
#pragma once

#include "base/clock.hpp"

#include <functional>
#include <string>

namespace holdfast {

class LiveDeadline {
  public:
    /// What the oracle wants to know.
    struct Watch {
        std::function<void(BootTime before, BootTime now)> moved;
        std::function<void()> lost;
    };
    LiveDeadline(BootTime at, Watch watch);

    void move(BootTime at);
    void explain(std::string trouble) { reason_ = std::move(trouble); }
    void lose(std::string reason);

    BootTime at() const { return at_; }
    bool lost() const { return lost_; }
    std::string reason() const { return reason_; }
    int event() const { return event_; }
    void clear_event() const;

  private:
    BootTime at_;
    Watch watch_;
    bool lost_ = false;
    std::string reason_;
    int event_;
};

} // namespace holdfast
