// What happened, as values. An event has a name, a sentence, and fields for JSON, all made here from names, durations
// and numbers, and no types of the layers above.
//
// A new event is a function here; a log.tell() where it happens; and a row in holdfast(1), which scripts/check-docs
// asks for.
#pragma once

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/node_report.hpp"
#include "base/verbosity.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {

/// Durations are in milliseconds, in fields that end in _ms.
using EventFields = std::vector<Json::Field>;

struct Event {
    std::string_view name;
    Verbosity least;      ///< shown from this verbosity on; quiet: the user must know it in any case
    std::string sentence; ///< without a final point; lines after the first are details
    EventFields fields{}; ///< none: an event only for people
    std::string lock{};   ///< the one lock that it is about, of those of a run; empty when it is about the run
};

namespace event {

/// Advice to the user. The sentence is what fmt::format() makes of the arguments.
template <typename... Values>
inline Event advice(fmt::format_string<Values...> sentence, Values&&... values) {
    return {"advice", Verbosity::normal, fmt::format(sentence, std::forward<Values>(values)...)};
}

inline Event insecure(std::string_view nodes) {
    return {"insecure", Verbosity::quiet,
            fmt::format("the certificate of {} is not checked (insecure): whoever stands between can read the "
                        "password and give the lock away",
                        nodes)};
}

inline Event local_node(std::string_view uri, std::string_view socket) {
    return {"local_node", Verbosity::verbose,
            fmt::format("{0} has a server at {1}, which stays; holdfast local stop ends it", uri, socket)};
}

/// The run was skipped because an earlier one has succeeded (--once-in).
inline Event already_done(std::string why, int status) {
    return {"already_done", Verbosity::normal, std::move(why), {{"status", status}}};
}

/// The run has succeeded, and too few nodes will say so to the next run.
inline Event not_marked(const std::vector<NodeReport>& nodes) {
    return {"not_marked", Verbosity::quiet,
            "too few nodes remember this success (--once-in); the next one may run again" + node_lines(nodes)};
}

/// Of several locks one was lost before all were won, so the run takes all of them anew.
inline Event begins_again(std::string_view why) {
    return {"begins_again", Verbosity::normal,
            fmt::format("a lock was lost while the others were taken, so all are taken anew: {}", why)};
}

/// A Ctrl-Z was refused.
inline Event not_stopped(std::string_view why) {
    return {"not_stopped", Verbosity::normal, fmt::format("not stopped: {}", why)};
}

inline Event waits_for_terminal() {
    return {"waits_for_terminal", Verbosity::normal,
            "the command waits until it is in the foreground, because it uses the terminal"};
}

inline Event verified(std::string_view lock, milliseconds expires_in, const std::vector<NodeReport>& nodes) {
    return {"verified", Verbosity::verbose,
            fmt::format("{} is ours; it expires in {} unless renewed{}", lock, format_duration(expires_in),
                        node_lines(nodes))};
}

/// The report could not be written to the descriptor of --status-fd.
inline Event not_reported(int status_fd, std::string_view why) {
    return {"not_reported", Verbosity::quiet,
            fmt::format("how the run ended could not be written to descriptor {} (--status-fd): {}", status_fd, why)};
}

/// Anything else went wrong; if `status` is given, the program ends with that exit status.
inline Event failed(std::string why, std::optional<int> status = {}) {
    Event event{"failed", Verbosity::quiet, std::move(why)};
    if (status) event.fields.push_back({"status", *status});
    return event;
}

/// `holder`: the run that has the lock, or waits before us, as JSON; the JSON value null: a client that is not
/// holdfast; nothing: none is known.
inline Event not_acquired(std::string why, int status, const std::optional<Json>& holder) {
    Event event{"not_acquired", Verbosity::normal, std::move(why), {{"status", status}}};
    if (holder) event.fields.push_back({"holder", *holder});
    return event;
}

struct Wait {
    std::string lock;
    enum class When { begins, goes_on, changes } when; ///< changes: something is new before the next line is due
    std::string_view reason;                           ///< "held", "reserved", "too_few_nodes"
    std::string why; ///< the reason as a sentence, with a line for each node if they differ
    milliseconds waited;
    std::optional<milliseconds> limit; ///< without one the wait has no end
    size_t position;                   ///< our place in line; 0: not known
    std::optional<Json> holder;        ///< as of not_acquired(); nothing if none is known
};

inline Event waiting(const Wait& wait) {
    const bool too_few = wait.reason == "too_few_nodes";
    const Verbosity due = too_few ? Verbosity::quiet : Verbosity::normal;
    const bool changes = wait.when == Wait::When::changes;
    const std::string waits = wait.when == Wait::When::goes_on
                                  ? format_duration(std::chrono::floor<seconds>(wait.waited)) + " by now"
                              : wait.limit ? "up to " + format_duration(*wait.limit)
                                           : "";
    const std::string how_long = waits.empty() ? "without limit (-w DURATION sets one)" : "for " + waits;
    EventFields fields{{"waited_ms", wait.waited.count()}, {"position", wait.position}, {"reason", wait.reason}};
    if (wait.holder) fields.push_back({"holder", *wait.holder});
    return {"waiting", changes ? Verbosity::verbose : due,
            changes ? "waiting: " + wait.why
                    : fmt::format("waiting {}{}: {}", how_long, too_few ? ", trying again and again" : "", wait.why),
            std::move(fields), wait.lock};
}

inline Event acquired(const std::string& lock, int64_t fence, milliseconds waited,
                      const std::vector<NodeReport>& nodes) {
    return {"acquired",
            Verbosity::verbose,
            fmt::format("{} acquired, fence {}{}", lock, fence, node_lines(nodes)),
            {{"fence", fence}, {"waited_ms", waited.count()}},
            lock};
}

/// A held lock is lost. `why` is empty if this host stood still, so that no time was left to find out.
inline Event lost(bool stops_command, std::string_view why) {
    return {"lost", Verbosity::quiet,
            fmt::format("the lock is lost, {}: {}",
                        stops_command ? "stopping the command" : "and the command goes on without it",
                        why.empty() ? "this host stood still" : why)};
}

/// For a command whose own lock may still be held.
inline Event outer_lease_ended() {
    return {"lost", Verbosity::quiet,
            "the lease of the holdfast around this one is over; the command was stopped with it"};
}

inline Event max_hold(milliseconds limit) {
    return {"max_hold", Verbosity::quiet, "stopping the command after " + format_duration(limit) + " (--max-hold)"};
}

// In these events, `processes` is a text such as "4711 (sleep), 4712 (sh, uid 0)".

inline Event leftovers(std::string_view processes) {
    return {"leftovers", Verbosity::normal,
            fmt::format("the command has ended, but others of its group run on and keep the lock: {} "
                        "(--leftovers leave would let go without them)",
                        processes)};
}

/// Processes that left the command's group outlive it. `stopped`: the command was stopped; otherwise it has ended.
inline Event orphans(bool stopped, std::string_view processes) {
    return {"orphans", stopped ? Verbosity::normal : Verbosity::verbose,
            fmt::format("processes that left the command's group {}: {}{}",
                        stopped ? "work on without the lock" : "run on", processes,
                        stopped ? "; --tree stops them as well" : "")};
}

/// Processes of the command cannot be killed. `lost`: the lock is lost; otherwise the lock is renewed until they end.
inline Event unkillable(std::string_view processes, bool lost) {
    return {"unkillable", Verbosity::quiet,
            fmt::format("what is left of the command cannot be killed: {}; {}", processes,
                        lost ? "it works on without the lock"
                             : "the lock is renewed until it has ended. If it became another user, run holdfast as "
                               "that user instead (sudo holdfast run ...)")};
}

/// `rest`: of --min-hold, for which the lock stays held; nothing: the lock is released. `failure`: how the command
/// failed, as the end of the sentence; empty if it did not.
inline Event let_go(const std::string& lock, milliseconds held, const std::optional<milliseconds>& rest,
                    const std::string& failure) {
    return {rest ? "kept" : "released",
            Verbosity::verbose,
            (rest ? fmt::format("{} stays held for {} more (--min-hold), after {}", lock, format_duration(*rest),
                                format_duration(held))
                  : fmt::format("{} released after {}", lock, format_duration(held))) +
                failure,
            {{"held_ms", held.count()}},
            lock};
}

/// `rest` as of let_go().
inline Event not_let_go(const std::string& lock, milliseconds ttl, const std::optional<milliseconds>& rest,
                        const std::vector<NodeReport>& nodes) {
    return {rest ? "not_kept" : "not_released",
            Verbosity::normal,
            rest ? fmt::format("too few nodes confirmed that {} stays held for {} more (--min-hold); it may be free "
                               "sooner, or held until its TTL ends{}",
                               lock, format_duration(*rest), node_lines(nodes))
                 : fmt::format("too few nodes confirmed the release of {}; it may stay held for up to {}{}", lock,
                               format_duration(ttl), node_lines(nodes)),
            {},
            lock};
}

} // namespace event
} // namespace holdfast
