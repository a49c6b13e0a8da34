// What a waiting run shows: on a terminal one line, redrawn in place and wiped at the end; elsewhere a new line when
// the wait begins, which says how long it may take, when too few nodes can be used, and every ten minutes, and with -v
// also whenever the cause of the wait changes. That too few nodes can be used is shown with -q as well.
#pragma once

#include "events/log.hpp"
#include "lock/lock.hpp"

#include <optional>
#include <string>

namespace holdfast {

/// Tells when to show the same line: at the first call, and from then on every ten minutes.
class Reminder {
  public:
    bool due(BootTime now);

  private:
    std::optional<BootTime> said_;
};

class WaitingDisplay {
  public:
    /// The log outlives the display. Without a `limit` the wait has no end; with a limit of zero there is no wait, and
    /// nothing is shown. `nodes_from` is where the nodes were given (config/settings.hpp).
    WaitingDisplay(const Log& log, std::optional<milliseconds> limit, std::string nodes_from)
        : log_{log}, limit_{limit}, nodes_from_{std::move(nodes_from)} {}
    WaitingDisplay(const WaitingDisplay&) = delete;
    WaitingDisplay& operator=(const WaitingDisplay&) = delete;
    ~WaitingDisplay() { wipe(); }

    void show(const Lock&, const Attempt&);
    /// Takes the line off the terminal, until the next show().
    void wipe();

  private:
    void draw(const Lock&, const Attempt&, const std::string& sentence);
    void say(const Lock&, const Attempt&, const std::string& sentence);

    const Log& log_;
    std::optional<milliseconds> limit_;
    const std::string nodes_from_;
    BootTime begin_ = BootClock::now();
    Reminder too_few_nodes_;
    Reminder others_;
    std::string before_; ///< the cause of the wait that was shown last
    std::string drawn_;
};

} // namespace holdfast
