// Randomness from the kernel, never from a generator with state that fork() could copy (hazard 26).
#pragma once

#include "base/clock.hpp"

#include <string>

namespace holdfast {

/// 128 random bits as 32 hex digits. Throws Failure if the kernel gives no random numbers.
std::string random_id();

/// A random time from 0 to just below `longest`, evenly distributed. Throws Failure as random_id() does.
nanoseconds random_up_to(nanoseconds longest);

} // namespace holdfast
