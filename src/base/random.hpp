// Randomness from the kernel, never from a generator with state that fork() could copy (hazard 26).
#pragma once

#include "base/clock.hpp"

#include <string>

namespace holdfast {

/// 128 bits as 32 hex digits. Throws Failure when the kernel has none to give.
std::string random_id();

/// Full jitter: a random time from 0 on and less than `longest`, evenly distributed.
nanoseconds random_up_to(nanoseconds longest);

} // namespace holdfast
