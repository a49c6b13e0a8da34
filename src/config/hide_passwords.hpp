// Hides the passwords in the command line and environment that ps(1) and /proc show of this process.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// Overwrites in place the users and passwords of nodes among `words`, and the variables of ours in `environment` that
/// may have any, for this process and for those that it forks. Until this call, other users could see them. Main
/// thread, after resolve() and all else that has to read them.
void hide_passwords(const Settings& settings, char** words, char** environment);

} // namespace holdfast
