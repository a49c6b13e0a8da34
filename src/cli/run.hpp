// The whole story of a run: waits for the lock, holds it around the command, lets go of it. Main thread, before any
// other is started.
#pragma once

#include "cli/run_report.hpp"
#include "config/settings.hpp"
#include "lock/kind.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// `name` is the lock, held in that kind, `words` the command; with `once_in` the command is not run if it has
/// succeeded within that time. Fills the report as far as the run gets. Throws Failure, and first releases a lock whose
/// command was not started.
Exit run_under_lock(const std::string& name, const LockKind& kind, std::optional<milliseconds> once_in,
                    const std::vector<std::string>& words, const Settings&, RunReport&);

} // namespace holdfast
