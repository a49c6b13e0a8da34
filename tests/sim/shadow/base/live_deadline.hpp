// In place of src/base/live_deadline.hpp: the same of one simulated process, and the oracle is told.
#pragma once

#include "base/clock.hpp"

#include <functional>
#include <optional>
#include <string>

namespace holdfast {

class LiveDeadline {
  public:
    /// What the oracle wants to know.
    struct Watch {
        std::function<void(std::optional<BootTime> before, BootTime now)> moved;
        std::function<void()> lost;
    };
    explicit LiveDeadline(Watch watch);

    void move(BootTime at);
    void explain(std::string trouble) { reason_ = std::move(trouble); }
    void lose(std::string reason);

    std::optional<BootTime> at() const { return at_; }
    bool over(BootTime now) const { return now >= at_.value_or(BootTime{}); }
    bool lost() const { return lost_; }
    std::string reason() const { return reason_; }
    int event() const { return event_; }
    void clear_event() const;

  private:
    std::optional<BootTime> at_;
    Watch watch_;
    bool lost_ = false;
    std::string reason_;
    int event_;
};

} // namespace holdfast
