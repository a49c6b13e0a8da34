// Locks as metrics in the text format of Prometheus. Pure, but for the age of a hold by this host's clock.
#pragma once

#include "lock/listing.hpp"

#include <string>

namespace holdfast {

/// Each metric with its help, its type and a line a lock that has a value for it. The counters and the last start and
/// success are those of locks that a node has counted; of such a lock each has a value, if need be 0.
std::string exposition(const Listing&);

} // namespace holdfast
