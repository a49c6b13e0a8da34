// How the runs that held locks are shown: a line each, and as JSON.
#pragma once

#include "base/json.hpp"
#include "lock/history.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// The lock, and what part of it the run held: "gpu, slot 2", "warehouse, shared".
std::string seat_text(const Run&);
/// How the run ended, in a few words: "exit 3", "lost: no node answered", "holds it".
std::string end_text(const Run&);

/// A line on the run that held the lock last, and holds it no longer; empty if none is known.
std::string last_text(const std::vector<Run>&);
/// That run as in history_json(); null if none is known.
Json last_json(const std::vector<Run>&);

/// A table with a row for each run, and below it what is to be said of all runs together.
std::string history_text(const std::vector<Run>&);

/// {"runs": [{"lock", "kind", "slot", "run", "label", "user", "host", "pid", "fence", "since", "ended_at",
/// "gone_by", "waited_ms", "held_ms", "kept_ms", "result", "status", "signal", "reason"}], "summary": {"runs",
/// "failed", "not_started", "lost", "taken_away", "vanished", "holding", "median_waited_ms", "longest_waited_ms",
/// "median_held_ms", "longest_held_ms"}}; a value that is not known is null.
Json history_json(const std::vector<Run>&);

} // namespace holdfast
