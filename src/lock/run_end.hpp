// How a run that held a lock ended: what its last request tells the nodes (lock/operations/history.hpp), and what their
// logs tell of it later (lock/history.hpp).
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// From the mildest to the gravest: of two words on one run the later one here counts.
enum class How {
    holds,       ///< a node has its record in the key; never written
    vanished,    ///< no log has its end, and no key its record: its TTL ended it; never written
    ended,       ///< its command ended, with `status` or by `signal`
    released,    ///< the command `release` let it go
    not_started, ///< its command could not be started
    lost,        ///< it lost the lock
    taken_away,  ///< force-release took the lock from it
    undone,      ///< the grant was no win, so there was no run
};

/// The word for it in JSON.
std::string_view name_of(How);
/// The word in a node's log; empty for what is never written.
std::string_view name_in_log(How);
/// Nothing for another word.
std::optional<How> how_in_log(std::string_view word);

struct RunEnd {
    How how = How::vanished;
    std::optional<int> status{}; ///< the command's exit status
    std::optional<int> signal{}; ///< or the signal that ended the command
    milliseconds kept{};         ///< for how long the lock was kept after the end: the rest of min_hold
    std::string why{};           ///< of lost and taken_away (by whom as well); from a log it is text from elsewhere
};

} // namespace holdfast
