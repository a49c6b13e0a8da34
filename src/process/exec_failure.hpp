// Why a command could not be executed, in words. The cause is looked for after the exec has failed, in the PATH and the
// folder that the command would have had, so it is only the most likely one.
#pragma once

#include "base/error.hpp"

#include <string>

namespace holdfast {

/// What is added if no program has that name, because another word may have been meant for the command.
struct NotFoundHint {
    std::string role; ///< what the word stands for, as "the command behind the lock's name x"
    std::string next; ///< what to do
};

/// The Failure for main() to show: its sentence says why and, if known, what to do next; its status is 126 or 127, or
/// 79 if the go came too late. `word` is the command's first word, `error` the errno from Child::outcome().
Failure exec_failure(const std::string& word, int error, const NotFoundHint&);

} // namespace holdfast
