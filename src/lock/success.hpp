// The mark of a success: that a run with --once-in has succeeded, and for how long a node remembers that. All times are
// relative, so no clock of a host counts. Pure: no clock, no I/O.
#pragma once

#include "lock/record.hpp"

#include <optional>
#include <string_view>

namespace holdfast {

struct Success {
    Record record;       ///< of the run that succeeded
    milliseconds age{};  ///< how long ago its command was started
    milliseconds left{}; ///< how long the mark still counts

    /// Reads what stands under LockKey::done(), "LASTS RECORD", where LASTS is the time from the command's start to the
    /// end of the mark. `left` is the key's TTL. Nothing if the text is no mark.
    static std::optional<Success> parse(std::string_view mark, milliseconds left);
};

} // namespace holdfast
