// Inspect as a transaction (lock/operations.hpp).
#pragma once

#include "lock/operations.hpp"

namespace holdfast {

/// Two round trips, and a third where somebody waits; of the queue only the first places are read.
Exchange look(const LockKey&);

} // namespace holdfast
