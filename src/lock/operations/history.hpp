// What a node is told for the history of a lock: an entry for each win and each end of a hold in LockKey::log(), and
// sums in LockKey::stats(). Both keys last as long as the fence number.
//
//   win    `start` the holder's record, `fence`, `waited` (ms)
//   end    `end` the token, `how`, `fence`, `held` (ms), and as they apply `status` or `signal` of the command, `kept`
//          (ms: the rest of min_hold), `why` (lost, taken), `uncounted` (it is not in the sums)
//   sums   acquired, waited_ms, last_start (wins); failed, lost, taken_away, held_ms, last_success (ends); last_ are in
//          ms since the epoch, by the wall clock of the holder
//
// A note goes out behind the operation, and nobody waits for the answer. So it costs a run and the next in line
// nothing, a node that refuses it grants and lets go all the same, and only a run that has won the lock is told of. A
// start goes out before the run's command does, so the history has every run whose command was started; a process that
// is killed between a release and its note leaves a run without an end. An end is in a node's sums once: if
// force-release takes the lock away there, by its note, and else by that of the holder.
#pragma once

#include "base/clock.hpp"
#include "lock/fence.hpp"
#include "lock/lock_key.hpp"
#include "lock/record.hpp"
#include "redis/request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// How a run that held a lock ended, from the mildest to the gravest: if nodes tell different ends of one run, that
/// which stands later here counts.
enum class How {
    holds,       ///< a node still has the run's record; never written to a log
    vanished,    ///< no log has the run's end, and no node its record: the TTL ended it; never written to a log
    ended,       ///< its command ended, with `status` or by `signal`
    released,    ///< `holdfast release` let the lock go
    not_started, ///< its command could not be started
    lost,        ///< it lost the lock
    taken_away,  ///< force-release took the lock from it
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

struct EndEntry {
    RunEnd end;
    Fence fence; ///< of zero: not known
    milliseconds held;
};

/// The note of a win. `entries`: how many entries the node keeps, or a few more.
Request start_note(const LockKey&, const Record&, Fence, milliseconds waited, size_t entries);
/// The note of an end. With `counts` it is added to the sums; without, another note adds it, or may do so.
Request end_note(const LockKey&, std::string_view token, const EndEntry&, size_t entries, bool counts);

} // namespace holdfast
