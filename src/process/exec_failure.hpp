// Why a command could not be executed, in words. Looked up after the fact, in the PATH and the folder that the command
// would have had, so it says what was most likely the cause.
#pragma once

#include "base/error.hpp"

#include <string>

namespace holdfast {

/// `word` is the command's first, `error` what Child::outcome() says. A sentence with the next step where there is one,
/// and holdfast's status.
Failure exec_failure(const std::string& word, int error);

} // namespace holdfast
