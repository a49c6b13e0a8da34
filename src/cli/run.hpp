// The whole story of a run: waits for its locks, holds them around the command, lets go of them. Main thread, before
// any other is started.
#pragma once

#include "cli/run_report.hpp"
#include "config/settings.hpp"
#include "lock/kind.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// `names` are the locks, with commas between them, all held in that kind; `words` the command; with `once_in`, which
/// takes one name, the command is not run if it has succeeded within that time. The report says who runs; fills it as
/// far as the run gets. Throws Failure, and first releases locks whose command was not started.
Exit run_under_locks(const std::string& names, const LockKind& kind, std::optional<milliseconds> once_in,
                     const std::vector<std::string>& words, const Settings&, RunReport&);

} // namespace holdfast
