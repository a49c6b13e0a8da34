// Limits that an operation's script and its transaction share.
#pragma once

#include "base/clock.hpp"

#include <cstddef>

namespace holdfast {

constexpr milliseconds void_lasts{60'000};
constexpr milliseconds fence_lasts = std::chrono::days{90};
constexpr milliseconds queue_lasts{60'000};
/// How many places of the queue, from its head, one look reads at most, however many wait.
constexpr size_t places_shown = 100;
/// How many members of a group an operation's answer names at most.
constexpr size_t members_shown = 100;
/// How far a client's clock is believed to be from a node's.
constexpr milliseconds clock_tolerance{1000};

} // namespace holdfast
