// Why a command could not be executed, in words. The cause is looked for after the exec has failed, in the PATH and the
// folder that the command would have had, so it is only the most likely one.
#pragma once

#include "base/error.hpp"

#include <string>

namespace holdfast {

/// `word` is the command's first word, `error` the errno from Child::outcome(). The Failure has a sentence, with the
/// next step if there is one, and holdfast's exit status. It shows `locks`, the names as typed, because words in a
/// wrong place may have been taken for them.
Failure exec_failure(const std::string& word, int error, const std::string& locks);

} // namespace holdfast
