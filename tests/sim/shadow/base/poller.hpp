// In place of src/base/poller.hpp: waits in virtual time, for descriptors of the simulated process.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <poll.h>
#include <vector>

namespace holdfast {

class Poller {
  public:
    void wait(std::vector<pollfd>& fds, std::optional<BootTime> deadline);
};

} // namespace holdfast
