// Locks as metrics in the text format of Prometheus. Pure, but for the age of a hold by this host's clock.
#pragma once

#include "lock/listing.hpp"

#include <string>

namespace holdfast {

/// Each metric with its help, its type, and a line for each lock that has a value for it. The counters and the last
/// start and success are in Listing::stats: a lock without stats has no such line, and a lock with stats has all of
/// them, some perhaps 0.
std::string exposition(const Listing&);

} // namespace holdfast
