// What whoever waits for a lock sees: on a terminal one line, redrawn in place and wiped at the end; elsewhere one line
// when the wait begins, which says how long it may take, and with -v one whenever there is something new to say.
#pragma once

#include "base/log.hpp"
#include "lock/lock.hpp"

#include <optional>
#include <string>

namespace holdfast {

class WaitingDisplay {
  public:
    /// All references outlive the display. Without a `limit` the wait has no end; whoever has one of zero does not
    /// wait, and sees nothing.
    WaitingDisplay(const Lock& lock, const Log& log, std::optional<milliseconds> limit)
        : lock_{lock}, log_{log}, limit_{limit} {}
    WaitingDisplay(const WaitingDisplay&) = delete;
    WaitingDisplay& operator=(const WaitingDisplay&) = delete;
    ~WaitingDisplay();

    void show(const Attempt&);

  private:
    const Lock& lock_;
    const Log& log_;
    std::optional<milliseconds> limit_;
    BootTime begin_ = BootClock::now();
    std::string before_; ///< what made the last line new
    std::string drawn_;
};

} // namespace holdfast
