// What an operation writes into the history of its lock, on the node whose key it changes: an entry for each grant and
// each end of a hold in LockKey::log(), and sums in LockKey::stats(). Both outlast the fence number by up to a day
// after the last entry.
//
//   grant  `start` the holder's record, `fence`, `waited` (ms)
//   end    `end` the token, `how`, `fence`, `held` (ms), and as they apply `status` or `signal` of the command, `kept`
//          (ms: the rest of min_hold), `why` (lost, taken)
//   sums   acquired (grants), waited_ms, failed, lost, taken_away, held_ms (ends); last_start, last_success (ms since
//          the epoch by the node's clock). A copy of a request counts once, as long as the log has the first end.
//
// A grant is not a win: the end of one that did not win is `undone`, which takes its grant out of the sums. Entries and
// sums are written after the operation, by pcall or by a request behind the transaction, so that a lock can be taken
// and let go on a node that refuses to write them.
#pragma once

#include "base/clock.hpp"
#include "lock/fence.hpp"
#include "lock/operations/script.hpp"
#include "lock/record.hpp"
#include "redis/node_set.hpp"

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

struct EndEntry {
    RunEnd end;
    Fence fence;
    milliseconds waited;
    milliseconds held;
    size_t entries; ///< how many entries a node keeps, or a few more
};

/// The script with an addition: once it has answered "granted", it writes the entry of a grant. It needs the arguments
/// `ours` (the record) and `waited`.
Script noting_start(Script, const LockKey&, size_t entries);
/// The script, which as its last act also writes the end of a hold into the history. If the end is `undone`, or is not
/// written by the holder, the script writes it only when its own answer is `ours`; otherwise it always does.
Script noting_end(Script, const LockKey&, std::string_view token, const EndEntry&, std::string_view ours,
                  bool holders_word = true);

/// The commands that write the entry of a grant. They go out behind the transaction's EXEC in one request, because the
/// lease begins when the last request of a grant is sent. If nothing comes of the transaction, undo_start() follows.
Request start_entry(const LockKey&, const Record&, Fence, milliseconds waited, size_t entries);
/// Takes the entry of start_entry() out of the log, or writes that it is undone where it cannot be taken out; goes on
/// with `then`.
Exchange undo_start(const LockKey&, std::string_view token, size_t entries, const std::function<Step()>& then);
/// The step that writes the entry of an end, and then ends a transaction with `answer`. If a copy of the request
/// reaches the node, the sums count the end twice.
Step noted_end(const LockKey&, std::string_view token, const EndEntry&, Reply answer);

} // namespace holdfast
