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
    holds,       ///< a node still has the run's record; never written to a log
    vanished,    ///< no log has the run's end, and no node its record: the TTL ended it; never written to a log
    ended,       ///< its command ended, with `status` or by `signal`
    released,    ///< `holdfast release` let the lock go
    not_started, ///< its command could not be started
    lost,        ///< it lost the lock
    taken_away,  ///< force-release took the lock from it
    undone,      ///< the grant was no win, so there was no run
};

/// The word for that end in JSON.
std::string_view name_of(How);
/// The word for that end in a node's log; empty if the end is never written.
std::string_view name_in_log(How);
/// How a run ended, from the word in a log; nothing for a word that stands for no end.
std::optional<How> how_in_log(std::string_view word);

struct RunEnd {
    How how = How::vanished;
    std::optional<int> status{}; ///< the command's exit status
    std::optional<int> signal{}; ///< or the signal that ended the command
    milliseconds kept{};         ///< for how long the lock was kept after the end: the rest of min_hold
    std::string why{};           ///< of lost and taken_away (by whom as well); if read from a log, untrusted text
};

} // namespace holdfast
