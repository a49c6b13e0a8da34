// What happened, as values. An event has a name and a sentence, and fields for JSON, all made here. Its values are
// names, durations and numbers, and no types of the layers above.
//
// A new event is a struct and its place in the list at the end, or a Notice; a log.tell() where it happens; and a row
// in holdfast(1), which scripts/check-docs asks for.
#pragma once

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/node_report.hpp"
#include "base/verbosity.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast {

struct EventKind {
    std::string_view name;
    Verbosity least; ///< the event is shown from this verbosity on; quiet: the user must know it in any case
};

/// Durations are in milliseconds, in fields that end in _ms.
using EventFields = std::vector<Json::Field>;

namespace event {

/// An event only for people, so that it keeps no values but its sentence, and an exit status if it has one.
struct Notice {
    EventKind told_as;
    std::string text;
    std::optional<int> status{};
    EventKind kind() const { return told_as; }
    std::string sentence() const { return text; }
    EventFields fields() const { return status ? EventFields{{"status", *status}} : EventFields{}; }
};

inline Notice advice(std::string text) { return {{"advice", Verbosity::normal}, std::move(text)}; }

inline Notice insecure(std::string_view nodes) {
    return {{"insecure", Verbosity::quiet},
            fmt::format("the certificate of {} is not checked (insecure): whoever stands between can read the "
                        "password and give the lock away",
                        nodes)};
}

inline Notice local_node(std::string_view uri, std::string_view socket) {
    return {{"local_node", Verbosity::verbose},
            fmt::format("{0} has a server at {1}, which stays; holdfast local stop ends it", uri, socket)};
}

/// The run was skipped for an earlier success.
inline Notice already_done(std::string why, int status) {
    return {{"already_done", Verbosity::normal}, std::move(why), status};
}

/// The run has succeeded, and too few nodes will say so to the next run.
inline Notice not_marked(const std::vector<NodeReport>& nodes) {
    return {{"not_marked", Verbosity::quiet},
            "too few nodes remember this success (--once-in); the next one may run again" + node_lines(nodes)};
}

/// Of several locks one was lost before all were won.
inline Notice begins_again(std::string_view why) {
    return {{"begins_again", Verbosity::normal},
            fmt::format("a lock was lost while the others were taken, so all are taken anew: {}", why)};
}

/// A Ctrl-Z was refused.
inline Notice not_stopped(std::string_view why) {
    return {{"not_stopped", Verbosity::normal}, fmt::format("not stopped: {}", why)};
}

inline Notice waits_for_terminal() {
    return {{"waits_for_terminal", Verbosity::normal},
            "the command waits until it is in the foreground, because it uses the terminal"};
}

inline Notice verified(std::string_view lock, milliseconds expires_in, const std::vector<NodeReport>& nodes) {
    return {{"verified", Verbosity::verbose},
            fmt::format("{} is ours; it expires in {} unless renewed{}", lock, format_duration(expires_in),
                        node_lines(nodes))};
}

/// The report could not be written to the descriptor of --status-fd.
inline Notice not_reported(int status_fd, std::string_view why) {
    return {{"not_reported", Verbosity::quiet},
            fmt::format("how the run ended could not be written to descriptor {} (--status-fd): {}", status_fd, why)};
}

/// Anything else went wrong; if `status` is given, the program ends with that exit status.
inline Notice failed(std::string why, std::optional<int> status = {}) {
    return {{"failed", Verbosity::quiet}, std::move(why), status};
}

struct NotAcquired {
    std::string why;
    int status;
    std::optional<Json> holder; ///< the run that has the lock, or waits before us; null: a client that is not holdfast
    static EventKind kind() { return {"not_acquired", Verbosity::normal}; }
    std::string sentence() const { return why; }
    EventFields fields() const {
        EventFields fields{{"status", status}};
        if (holder) fields.push_back({"holder", *holder});
        return fields;
    }
};

struct Waiting {
    std::string lock;
    enum class When { begins, goes_on, changes } when; ///< changes: something is new before the next line is due
    std::string_view reason;                           ///< "held", "reserved", "too_few_nodes"
    std::string why; ///< the reason as a sentence, with a line for each node if they differ
    milliseconds waited;
    std::optional<milliseconds> limit; ///< without one the wait has no end
    size_t position;                   ///< our place in line; 0: not known
    std::optional<Json> holder;        ///< as of NotAcquired; nothing if none is known

    bool too_few() const { return reason == "too_few_nodes"; }
    EventKind kind() const {
        const Verbosity due = too_few() ? Verbosity::quiet : Verbosity::normal;
        return {"waiting", when == When::changes ? Verbosity::verbose : due};
    }
    std::string sentence() const {
        if (when == When::changes) return "waiting: " + why;
        const std::string waits = when == When::goes_on
                                      ? format_duration(std::chrono::floor<seconds>(waited)) + " by now"
                                  : limit ? "up to " + format_duration(*limit)
                                          : "";
        return fmt::format("waiting {}{}: {}", waits.empty() ? "without limit (-w DURATION sets one)" : "for " + waits,
                           too_few() ? ", trying again and again" : "", why);
    }
    EventFields fields() const {
        EventFields fields{{"waited_ms", waited.count()}, {"position", position}, {"reason", reason}};
        if (holder) fields.push_back({"holder", *holder});
        return fields;
    }
};

struct Acquired {
    std::string lock;
    int64_t fence;
    milliseconds waited;
    std::vector<NodeReport> nodes;
    static EventKind kind() { return {"acquired", Verbosity::verbose}; }
    std::string sentence() const { return fmt::format("{} acquired, fence {}{}", lock, fence, node_lines(nodes)); }
    EventFields fields() const { return {{"fence", fence}, {"waited_ms", waited.count()}}; }
};

struct Lost {
    bool stops_command;
    std::string why; ///< empty if no time was left to find out
    static EventKind kind() { return {"lost", Verbosity::quiet}; }
    std::string sentence() const {
        return fmt::format("the lock is lost, {}: {}",
                           stops_command ? "stopping the command" : "and the command goes on without it",
                           why.empty() ? "this host stood still" : why);
    }
};

struct MaxHold {
    milliseconds limit;
    static EventKind kind() { return {"max_hold", Verbosity::quiet}; }
    std::string sentence() const { return "stopping the command after " + format_duration(limit) + " (--max-hold)"; }
};

// In these events, `processes` is a text such as "4711 (sleep), 4712 (sh, uid 0)".

struct Leftovers {
    std::string processes;
    static EventKind kind() { return {"leftovers", Verbosity::normal}; }
    std::string sentence() const {
        return "the command has ended, but others of its group run on and keep the lock: " + processes;
    }
};

struct Orphans {
    bool stopped; ///< the command was stopped, and left the processes behind
    std::string processes;
    EventKind kind() const { return {"orphans", stopped ? Verbosity::normal : Verbosity::verbose}; }
    std::string sentence() const {
        return fmt::format("processes that left the command's group {}: {}{}",
                           stopped ? "work on without the lock" : "run on", processes,
                           stopped ? "; --tree stops them as well" : "");
    }
};

struct Unkillable {
    std::string processes;
    bool lost; ///< the lock is lost; otherwise it is renewed for these processes
    static EventKind kind() { return {"unkillable", Verbosity::quiet}; }
    std::string sentence() const {
        return fmt::format("what is left of the command cannot be killed: {}; {}", processes,
                           lost ? "it works on without the lock"
                                : "the lock is renewed until it has ended. If it became another user, run holdfast as "
                                  "that user instead (sudo holdfast run ...)");
    }
};

struct LetGo {
    std::string lock;
    milliseconds held;
    std::optional<milliseconds> rest; ///< the rest of --min-hold, for which the lock stays held
    EventKind kind() const { return {rest ? "kept" : "released", Verbosity::verbose}; }
    std::string sentence() const {
        if (rest) return fmt::format("{} stays held for {} more (--min-hold)", lock, format_duration(*rest));
        return fmt::format("{} released after {}", lock, format_duration(held));
    }
    EventFields fields() const { return {{"held_ms", held.count()}}; }
};

struct NotLetGo {
    std::string lock;
    milliseconds ttl;
    std::optional<milliseconds> rest; ///< the rest of --min-hold
    std::vector<NodeReport> nodes;
    EventKind kind() const { return {rest ? "not_kept" : "not_released", Verbosity::normal}; }
    std::string sentence() const {
        if (rest)
            return fmt::format("too few nodes confirmed that {} stays held for {} more (--min-hold); it may be free "
                               "sooner, or held until its TTL ends{}",
                               lock, format_duration(*rest), node_lines(nodes));
        return fmt::format("too few nodes confirmed the release of {}; it may stay held for up to {}{}", lock,
                           format_duration(ttl), node_lines(nodes));
    }
};

} // namespace event

using Event =
    std::variant<event::Notice, event::NotAcquired, event::Waiting, event::Acquired, event::Lost, event::MaxHold,
                 event::Leftovers, event::Orphans, event::Unkillable, event::LetGo, event::NotLetGo>;

EventKind kind(const Event&);
/// The one lock that the event is about, of those of a run; empty when it is about the run.
std::string lock(const Event&);
/// Without a final point; lines after the first are details.
std::string sentence(const Event&);
EventFields fields(const Event&);

} // namespace holdfast
