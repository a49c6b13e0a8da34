// What the commands that take a lock share: how it is asked for, and what is said when it was not had.
#pragma once

#include "cli/exit.hpp"
#include "cli/runs_around.hpp"
#include "cli/target.hpp"
#include "events/log.hpp"
#include "lock/lock.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// With that grace, and that much longer a wait for a processor than at nice 0; refuses timings that cannot work, and
/// says what may be meant otherwise.
LockTerms lock_terms(const Settings&, size_t nodes, milliseconds grace, double processor_wait = 1,
                     milliseconds min_hold = {});

/// Refuses a lock that one of the runs around us holds, as its nodes confirm: to wait for it would be to wait for ever.
void refuse_inside_itself(const std::vector<RunAround>&, const LockKey&, const std::vector<Node>&, const Settings&);

/// Advice; the run goes on.
void advise(const std::vector<Node>&, const Log&);

/// Says why the lock was not acquired, and what that means for the command or the script that was to have it.
enum class Refused { command, script };
Exit refuse(const Lock&, const Attempt&, const Settings&, Refused);

} // namespace holdfast
