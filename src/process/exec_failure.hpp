// Why a command could not be executed, in words. The cause is looked for after the exec has failed, in the PATH and the
// folder that the command would have had, so it is only the most likely one.
#pragma once

#include "base/error.hpp"

#include <string>

namespace holdfast {

/// The Failure for main() to show: its sentence says why and, if known, what to do next; its status is 126 or 127, or
/// 79 if the go came too late. `word` is the command's first word, `error` the errno from Child::outcome(). `locks` are
/// the lock names as typed; they are shown if the program is not found, because the user may have written the command's
/// first word in their place.
Failure exec_failure(const std::string& word, int error, const std::string& locks);

} // namespace holdfast
