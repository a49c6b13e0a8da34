#include "cli/history_view.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "cli/lock_view.hpp"
#include "cli/screen.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

bool is_over(const Run& run) { return run.end.how != How::holds && run.end.how != How::vanished; }

Colour colour_of(const Run& run) {
    switch (run.end.how) {
    case How::holds: return Colour::green;
    case How::lost:
    case How::taken_away: return Colour::red;
    case How::vanished:
    case How::not_started: return Colour::yellow;
    default: return run.failed() ? Colour::red : Colour::plain;
    }
}

/// "exit 3" or "signal 9"; empty if the command's end is not known.
std::string status_text(const RunEnd& end) {
    if (end.signal) return fmt::format("signal {}", *end.signal);
    return end.status ? fmt::format("exit {}", *end.status) : "";
}

/// The sentence, and in brackets how the command ended.
std::string with_status(std::string sentence, const RunEnd& end) {
    const std::string status = status_text(end);
    return status.empty() ? sentence : fmt::format("{} ({})", sentence, status);
}

std::string lost_text(const RunEnd& end) {
    return with_status(end.why.empty() ? "lost" : "lost: " + printable(end.why), end);
}

std::string taken_text(const RunEnd& end) {
    return with_status(end.why.empty() ? "taken away" : printable(end.why), end);
}

std::string holder_text(const Run& run) { return run.holder ? describe(Record{"", run.holder}) : "?"; }

std::string held_text(const Run& run) { return run.end.how == How::vanished ? "?" : format_duration(run.held()); }

/// Appends ", 2 failed" to the text, but nothing if the number is 0.
void add_count(std::string& text, size_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
}

std::string summary_text(const HistorySummary& sum) {
    std::string text = fmt::format("{} run{}", sum.runs, sum.runs == 1 ? "" : "s");
    add_count(text, sum.failed, "failed");
    add_count(text, sum.not_started, "not started");
    add_count(text, sum.lost, "lost");
    add_count(text, sum.taken_away, "taken away");
    add_count(text, sum.vanished, "vanished");
    add_count(text, sum.holding, sum.holding == 1 ? "holds it still" : "hold it still");
    return fmt::format("{}\nwaited {} (median), {} (longest); held {} (median), {} (longest)\n", text,
                       format_duration(sum.median_waited), format_duration(sum.longest_waited),
                       format_duration(sum.median_held), format_duration(sum.longest_held));
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

void add_holder(Json& json, const Run& run) {
    const auto& holder = run.holder;
    json.add("kind", holder ? Json(name_of(holder->kind.way)) : Json());
    json.add("slot", holder && holder->slot > 0 ? Json(holder->slot) : Json());
    json.add("run", shown_run(run.token));
    json.add("label", holder ? Json(holder->label) : Json());
    json.add("user", holder ? Json(holder->user) : Json());
    json.add("host", holder ? Json(holder->host) : Json());
    json.add("pid", holder ? Json(holder->pid) : Json());
}

Json run_json(const Run& run) {
    const bool vanished = run.end.how == How::vanished;
    Json json = Json::object({{"lock", run.lock}});
    add_holder(json, run);
    json.add("fence", run.fence.number > 0 ? Json(run.fence.number) : Json());
    json.add("since", rfc3339(run.began));
    json.add("ended_at", is_over(run) ? Json(rfc3339(run.ended)) : Json());
    json.add("gone_by", vanished ? Json(rfc3339(run.ended)) : Json());
    json.add("waited_ms", run.holder ? Json(run.waited.count()) : Json());
    json.add("held_ms", vanished ? Json() : Json(run.held().count()));
    json.add("kept_ms", run.end.kept > milliseconds{0} ? Json(run.end.kept.count()) : Json());
    json.add("result", name_of(run.end.how));
    json.add("status", or_null(run.end.status));
    json.add("signal", or_null(run.end.signal));
    json.add("reason", text_or_null(run.end.why));
    return json;
}

Json summary_json(const HistorySummary& sum) {
    return Json::object({{"runs", sum.runs},
                         {"failed", sum.failed},
                         {"not_started", sum.not_started},
                         {"lost", sum.lost},
                         {"taken_away", sum.taken_away},
                         {"vanished", sum.vanished},
                         {"holding", sum.holding},
                         {"median_waited_ms", sum.median_waited.count()},
                         {"longest_waited_ms", sum.longest_waited.count()},
                         {"median_held_ms", sum.median_held.count()},
                         {"longest_held_ms", sum.longest_held.count()}});
}

/// The run that ended last, vanished ones included; null if no run has ended.
const Run* last_of(const std::vector<Run>& runs) {
    const Run* last = nullptr;
    for (const Run& run : runs)
        if (run.end.how != How::holds && (last == nullptr || run.ended >= last->ended)) last = &run;
    return last;
}

} // namespace

std::string seat_text(const Run& run) {
    switch (run.kind().way) {
    case LockKind::Way::shared: return run.lock + ", shared";
    case LockKind::Way::slots: return fmt::format("{}, slot {}", run.lock, run.holder->slot);
    default: return run.lock;
    }
}

std::string end_text(const Run& run) {
    switch (run.end.how) {
    case How::holds: return "holds it";
    case How::vanished: return fmt::format("vanished, by {} at the latest", local_time(run.ended));
    case How::released: return "released";
    case How::not_started: return with_status("not started", run.end);
    case How::lost: return lost_text(run.end);
    case How::taken_away: return taken_text(run.end);
    default: break;
    }
    const std::string status = status_text(run.end);
    const std::string text = status.empty() ? "ended" : status;
    return run.end.kept > milliseconds{0} ? fmt::format("{}, kept for {}", text, format_duration(run.end.kept)) : text;
}

std::string last_text(const std::vector<Run>& runs) {
    const Run* last = last_of(runs);
    if (last == nullptr) return "";
    if (last->end.how == How::vanished)
        return fmt::format("  last held by {} since {}; it vanished\n", holder_text(*last), local_time(last->began));
    return fmt::format("  last held by {} for {} until {}: {}\n", holder_text(*last), held_text(*last),
                       local_time(last->ended), end_text(*last));
}

Json last_json(const std::vector<Run>& runs) {
    const Run* last = last_of(runs);
    return last == nullptr ? Json() : run_json(*last);
}

std::string history_text(const std::vector<Run>& runs) {
    std::vector rows(1, header({"BEGAN", "LOCK", "WAITED", "HELD", "HOLDER", "END"}));
    for (const Run& run : runs)
        rows.push_back({local_time(run.began),
                        seat_text(run),
                        run.holder ? format_duration(run.waited) : "?",
                        held_text(run),
                        holder_text(run),
                        {end_text(run), colour_of(run)}});
    return table(rows) + "\n" + summary_text(summary_of(runs));
}

Json history_json(const std::vector<Run>& runs) {
    Json list = Json::list();
    for (const Run& run : runs) list.add(run_json(run));
    return Json::object({{"runs", list}, {"summary", summary_json(summary_of(runs))}});
}

} // namespace holdfast
