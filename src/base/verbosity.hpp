// How much holdfast writes to stderr while it works, and in which form (events/log.hpp).
#pragma once

namespace holdfast {

enum class Verbosity { quiet, normal, verbose };
enum class LogFormat { text, json };

} // namespace holdfast
