// What the commands that take a lock share: how it is asked for, and what is said when it was not had.
#pragma once

#include "cli/commands.hpp"
#include "lock/lock.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// With that grace, and that much longer a wait for a processor than at nice 0; refuses timings that cannot work, and
/// says what may be meant otherwise.
LockRules lock_rules(const Settings&, size_t nodes, milliseconds grace, double processor_wait = 1);

/// HOLDFAST_HELD for a run of this lock: what it and those around it hold. Refuses a lock that one of those holds: to
/// wait for it would be to wait for ever.
std::string held_with(const LockKey&, std::vector<Node>);

/// Advice that does not stop anybody.
void advise(const std::vector<Node>&, const Log&);

/// Says why the lock was not acquired, and what that means for whoever was to have it.
enum class Refused { command, script };
Exit refuse(const Lock&, const Attempt&, const Settings&, Refused);

} // namespace holdfast
