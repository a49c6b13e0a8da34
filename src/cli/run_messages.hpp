// What a run tells the user of its own lock.
#pragma once

#include "base/error.hpp"
#include "events/log.hpp"
#include "lock/hold.hpp"

#include <span>
#include <string>

namespace holdfast {

/// Why the command was not started although its locks had been won.
Failure not_started(const Locks&);

/// Why not all locks were won together: one was lost again while the others were taken, and `why`.
Failure lost_again(const std::string& why);

/// Tells of each lock whether it was released, or kept for min_hold.
void tell_let_go(const Log&, std::span<const Lock>, const Hold::LetGo&, milliseconds held);

} // namespace holdfast
