// Hides the passwords in the command line and environment that ps(1) and /proc show of this process.
#pragma once

#include "config/settings.hpp"

namespace holdfast {

/// Overwrites in place, for this process and for those that it forks: in `words` the user and password of each node URI
/// that has a password, and in `environment` the values of HOLDFAST_NODES and HOLDFAST_PASSWORD. Until this call, other
/// users could see them. Main thread, after resolve() and all else that has to read `words` or `environment`.
void hide_passwords(const Settings& settings, char** words, char** environment);

} // namespace holdfast
