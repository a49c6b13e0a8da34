// The safety rule that the lock's code leaves out, in this program.
#pragma once

#include "base/canary.hpp"

#include <optional>

namespace holdfast::sim {

extern std::optional<Rule> left_out;

} // namespace holdfast::sim
