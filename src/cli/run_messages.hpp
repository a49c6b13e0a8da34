// What a run says of its own lock as it goes.
#pragma once

#include "base/error.hpp"
#include "events/log.hpp"
#include "lock/hold.hpp"

namespace holdfast {

/// Why the command was not started although the lock had been won.
Failure not_started(const Lock&);

/// What became of the lock when its command had ended.
void tell_let_go(const Log&, const Lock&, const Hold::LetGo&, milliseconds held);

} // namespace holdfast
