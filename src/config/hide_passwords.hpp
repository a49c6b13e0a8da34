// What ps(1) and /proc show of how this process was started, without the passwords in it.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// Overwrites, where they stand, the nodes' users and passwords among `words`, and the variables of ours that may hold
/// any in `environment`: for this process and for those that it forks. For as long as it takes to get here they could
/// be seen. Main thread, after resolve() and what else has to read them.
void hide_passwords(const Settings& settings, char** words, char** environment);

} // namespace holdfast
