#include "lock/history.hpp"

#include "base/numbered.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast {
namespace {

milliseconds duration_in(const Reply& fields, std::string_view name) {
    return duration_of(number_in<int64_t>(fields.field(name)).value_or(0));
}

/// The time in an entry's id, "MILLISECONDS-NUMBER"; nothing if it is no number, or a time after the year 2255, because
/// the difference of two such times may not fit into nanoseconds.
std::optional<milliseconds> time_in(std::string_view id) {
    constexpr int64_t latest = 9'000'000'000'000;
    const auto ms = number_in<int64_t>(id.substr(0, id.find('-')), latest);
    return ms ? std::optional{milliseconds{*ms}} : std::nullopt;
}

std::optional<LogEntry> parse_start(LogEntry entry, const std::string& value, const Reply& fields) {
    if (value.size() > longest_record) return {};
    Record record = Record::parse(value);
    if (!record.holder || !Token::parse(record.token())) return {};
    entry.token = record.token();
    entry.holder = std::move(record.holder);
    entry.waited = duration_in(fields, "waited");
    return entry;
}

std::optional<LogEntry> parse_end(LogEntry entry, const std::string& token, const Reply& fields) {
    constexpr size_t longest_text = 512;
    const auto how = how_in_log(fields.field("how"));
    if (!how || token.size() > longest_text || !Token::parse(token)) return {};
    entry.token = token;
    entry.held = duration_in(fields, "held");
    entry.end = {*how, number_in<int>(fields.field("status"), 255), number_in<int>(fields.field("signal"), 64),
                 duration_in(fields, "kept"), std::string{fields.field("why").substr(0, longest_text)}};
    return entry;
}

/// The graver of two ends of one run, with what only the milder end tells.
RunEnd merged(RunEnd one, RunEnd other) {
    if (one.how < other.how) std::swap(one, other);
    if (!one.status) one.status = other.status;
    if (!one.signal) one.signal = other.signal;
    if (one.why.empty()) one.why = std::move(other.why);
    one.kept = std::max(one.kept, other.kept);
    // If a lock that only min_hold kept is taken away, its run has ended before, so the run counts as ended.
    if (one.how == How::taken_away && one.kept > milliseconds{0}) one.how = How::ended;
    return one;
}

/// What all logs tell of one run.
class Told {
  public:
    /// Call with all entries of one node, the oldest first, before those of the next node: if a node has several ends
    /// of the run, the time of the first counts.
    void add(const LogEntry& entry, size_t node) {
        fence_ = std::max(fence_, entry.fence);
        if (entry.holder) add_start(entry);
        else add_end(entry, node);
    }

    Run run(const std::string& lock, const std::string& token, bool holds, milliseconds now) const {
        Run run{lock, token, holder_, fence_, waited_};
        run.end = end_.value_or(RunEnd{holds ? How::holds : How::vanished});
        run.ended = end_ ? median(ends_) : now;
        run.began = starts_.empty() ? run.ended - held_ : median(starts_);
        run.ended = std::max(run.ended, run.began);
        return run;
    }

  private:
    void add_start(const LogEntry& entry) {
        starts_.push_back(entry.at);
        holder_ = entry.holder;
        waited_ = std::max(waited_, entry.waited);
    }
    void add_end(const LogEntry& entry, size_t node) {
        if (std::exchange(end_of_, node) != node) ends_.push_back(entry.at);
        end_ = end_ ? merged(*end_, entry.end) : entry.end;
        held_ = std::max(held_, entry.held);
    }

    std::optional<Holder> holder_;
    std::optional<RunEnd> end_;
    std::vector<milliseconds> starts_; ///< one a node
    std::vector<milliseconds> ends_;   ///< one a node
    size_t end_of_ = SIZE_MAX;         ///< the node of the last end
    milliseconds waited_{};
    milliseconds held_{};
    Fence fence_{};
};

/// Whether some node has the record of that run in the lock's key.
bool holds(const Inspection& seen, std::string_view token) {
    return std::ranges::any_of(seen.holders, [&](const Holding& one) { return one.record.token() == token; });
}

/// Whether two runs of one lock cannot hold it at once.
bool exclude(const Run& one, const Run& other) {
    if (one.kind().way != other.kind().way) return true;
    switch (one.kind().way) {
    case LockKind::Way::shared: return false;
    case LockKind::Way::slots: return one.holder->slot == other.holder->slot;
    default: return true;
    }
}

/// Sets the end of each vanished run to the begin of the next run that cannot have held the lock beside it. A run that
/// let go had ended by then as well: the note of its end has come later, if its nodes are far away.
void limit_ends(std::vector<Run>& runs) {
    constexpr size_t looked_at = 1000; // so that many shared runs take no quadratic time
    for (size_t i = 0; i < runs.size(); ++i) {
        const How how = runs[i].end.how;
        if (how == How::holds || how == How::lost || how == How::taken_away) continue;
        const auto last = runs.begin() + static_cast<std::ptrdiff_t>(std::min(runs.size(), i + looked_at));
        const auto next = std::find_if(runs.begin() + static_cast<std::ptrdiff_t>(i) + 1, last,
                                       [&](const Run& later) { return exclude(runs[i], later); });
        if (next != last) runs[i].ended = how == How::vanished ? next->began : std::min(runs[i].ended, next->began);
    }
}

} // namespace

std::optional<LogEntry> LogEntry::parse(const Reply& item) {
    if (item.items.size() != 2) return {};
    const auto at = time_in(item.items[0].text);
    if (!at) return {};
    const Reply& fields = item.items[1];
    LogEntry entry{.at = *at, .token = {}};
    entry.fence = Fence{number_in<int64_t>(fields.field("fence"), largest_fence.number).value_or(0)};
    if (const Reply* start = fields.find("start")) return parse_start(std::move(entry), start->text, fields);
    if (const Reply* end = fields.find("end")) return parse_end(std::move(entry), end->text, fields);
    return {};
}

std::vector<Run> runs_of(const std::string& lock, const std::vector<std::vector<LogEntry>>& logs,
                         const Inspection& seen, milliseconds now) {
    std::map<std::string_view, Told> by_token;
    for (size_t node = 0; node < logs.size(); ++node)
        for (auto entry = logs[node].rbegin(); entry != logs[node].rend(); ++entry)
            by_token[entry->token].add(*entry, node);
    std::vector<Run> runs;
    for (const auto& [token, told] : by_token)
        runs.push_back(told.run(lock, std::string{token}, holds(seen, token), now));
    std::ranges::sort(runs, {}, [](const Run& run) { return std::pair{run.began, run.fence}; });
    limit_ends(runs);
    return runs;
}

milliseconds median(std::vector<milliseconds> values) {
    if (values.empty()) return {};
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

HistorySummary summary_of(const std::vector<Run>& runs) {
    HistorySummary sum{.runs = runs.size()};
    std::vector<milliseconds> waited;
    std::vector<milliseconds> held;
    for (const Run& run : runs) {
        const How how = run.end.how;
        sum.failed += run.failed() ? 1 : 0;
        sum.not_started += how == How::not_started ? 1 : 0;
        sum.lost += how == How::lost ? 1 : 0;
        sum.taken_away += how == How::taken_away ? 1 : 0;
        sum.vanished += how == How::vanished ? 1 : 0;
        sum.holding += how == How::holds ? 1 : 0;
        if (run.holder) waited.push_back(run.waited);
        if (how != How::holds && how != How::vanished) held.push_back(run.held());
    }
    if (!waited.empty()) sum.longest_waited = std::ranges::max(waited);
    if (!held.empty()) sum.longest_held = std::ranges::max(held);
    sum.median_waited = median(std::move(waited));
    sum.median_held = median(std::move(held));
    return sum;
}

std::vector<Run> latest_runs(NodeSet& nodes, const LockKey& key, const Inspection& seen) {
    // If a lock has so many slots that all its newest entries are starts, no end is found.
    constexpr std::string_view newest = "40";
    Request request{"TIME"};
    request.add({"XREVRANGE", key.log(), "+", "-", "COUNT", newest});
    const Answers answers = nodes.ask_all(request, {.deadline = nodes.latest_answer()});
    std::vector<std::vector<LogEntry>> logs(nodes.size());
    std::vector<milliseconds> times;
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (!answers[i] || !answers[i]->replies) continue;
        const std::vector<Reply>& replies = *answers[i]->replies;
        times.push_back(time_of(replies[0]));
        for (const Reply& item : replies[1].items)
            if (auto entry = LogEntry::parse(item)) logs[i].push_back(*std::move(entry));
    }
    return runs_of(key.name, logs, seen, median(std::move(times)));
}

} // namespace holdfast
