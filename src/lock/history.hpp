// Which runs held a lock and how each ended, as the logs on the nodes tell it. Pure, but for latest_runs().
//
// A node's log is one node's word: a node may have missed a start or an end, and keeps only the newest entries. A run
// is believed when any log has one of the two, because only a run that has won writes them. Times are those of the
// nodes' clocks; where nodes differ, the median counts.
#pragma once

#include "lock/inspection.hpp"
#include "lock/operations/history.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// One entry of a log: a start, or an end.
struct LogEntry {
    milliseconds at{}; ///< by the node's clock
    std::string token;
    Fence fence{};
    std::optional<Holder> holder{}; ///< of a start; nothing: this is an end
    milliseconds waited{};          ///< of a start
    milliseconds held{};            ///< of an end
    RunEnd end{};                   ///< of an end

    /// From one item of the answer to XREVRANGE; nothing if the item is no entry of holdfast.
    static std::optional<LogEntry> parse(const Reply&);
};

/// One run that held the lock.
struct Run {
    std::string lock;               ///< the lock's name
    std::string token;              ///< RUN.ATTEMPT, not to be shown
    std::optional<Holder> holder{}; ///< nothing: no log has its start any more
    Fence fence{};
    milliseconds waited{};
    milliseconds began{}; ///< since the epoch, as all times here
    milliseconds ended{}; ///< the run held the lock until then at most; if it still holds the lock: now
    RunEnd end{};

    milliseconds held() const { return ended - began; }
    LockKind kind() const { return holder ? holder->kind : LockKind{}; }
    bool failed() const { return end.how == How::ended && (end.signal || end.status.value_or(0) != 0); }
};

/// The runs of the lock of that name, in the order in which they began. `logs` has the entries of each node, the newest
/// first, the Inspection says which runs hold the lock, and `now` is the time by the nodes' clocks.
std::vector<Run> runs_of(const std::string& lock, const std::vector<std::vector<LogEntry>>& logs, const Inspection&,
                         milliseconds now);

/// Asks every node for the newest 40 entries of the lock's log. Returns the runs of which they tell, in the order in
/// which the runs began. A node that does not answer, or whose history our user may not read, adds nothing. Main
/// thread.
std::vector<Run> latest_runs(NodeSet&, const LockKey&, const Inspection&);

/// The middle value; of an even number of values the smaller of the two in the middle; 0 of none.
milliseconds median(std::vector<milliseconds> values);

/// Counts and times over many runs.
struct HistorySummary {
    size_t runs = 0;
    size_t failed = 0;
    size_t not_started = 0;
    size_t lost = 0;
    size_t taken_away = 0;
    size_t vanished = 0;
    size_t holding = 0;
    milliseconds median_waited{};
    milliseconds longest_waited{};
    milliseconds median_held{}; ///< of the runs whose end is known, as is longest_held
    milliseconds longest_held{};
};

HistorySummary summary_of(const std::vector<Run>&);

} // namespace holdfast
