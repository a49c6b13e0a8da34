#include "cli/taking.hpp"

#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/environment.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "lock/inspection.hpp"
#include "lock/restart_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace holdfast {
namespace {

void advise_on_priority(const Settings& settings, const Timing& timing) {
    Log{settings.verbosity}.tell(
        event::advice("holdfast has a low priority here and may get a processor late, so a command whose lock cannot "
                      "be renewed is stopped {} before the lease ends; give the priority to the command alone, as in: "
                      "holdfast run ... -- nice COMMAND",
                      format_duration(timing.kill_margin())));
}

/// Why an even number of nodes is no better than one node less.
std::string even_number(size_t nodes) {
    const size_t failures = nodes - quorum(nodes);
    return fmt::format("{} nodes survive {}, just as {} {}; use {} or {}", nodes,
                       failures == 0   ? "no failure"
                       : failures == 1 ? "1 failure"
                                       : fmt::format("{} failures", failures),
                       nodes - 1, nodes == 2 ? "does" : "do", nodes - 1, nodes + 1);
}

void check_guarded(const char* option, milliseconds lasts, size_t nodes, const Settings& settings) {
    if (!outlasts_guard(lasts, nodes, settings.restart_guard)) return;
    throw misuse("{0} {1} is longer than --restart-guard {2}, for which a restarted node has no vote; make it shorter, "
                 "or give every user of these nodes --restart-guard {1}",
                 option, format_duration(lasts), format_duration(*settings.restart_guard));
}

} // namespace

unsigned slot_number(const std::string& text, std::string_view option) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most_slots)
        throw misuse("{} takes a number from 1 to {}, not '{}'", option, most_slots, printable(text));
    return number;
}

LockKind kind_of(const Arguments& typed) {
    typed.refuse_several_of({"--shared", "--exclusive", "--slots"});
    if (const auto& limit = typed.value("--slots")) return {LockKind::Way::slots, slot_number(*limit, "--slots")};
    return {typed.has("--shared") ? LockKind::Way::shared : LockKind::Way::exclusive};
}

LockTerms lock_terms(const Settings& settings, size_t nodes, const LockKind& kind, milliseconds grace,
                     double processor_wait, milliseconds min_hold) {
    if (settings.no_scripts && kind.way != LockKind::Way::exclusive)
        throw Failure{ExitStatus::configuration,
                      "--shared and --slots need Lua scripts on the nodes, which --no-scripts rules out; leave "
                      "--no-scripts out, or take the lock exclusively"};
    const Timing timing{settings.ttl, grace, settings.node_timeout, settings.drift, processor_wait};
    if (const auto why = impossible(timing)) throw misuse("{}", *why);
    check_guarded("--ttl", timing.ttl, nodes, settings);
    check_guarded("--min-hold", min_hold, nodes, settings);
    if (timing.widened()) advise_on_priority(settings, timing);
    return {timing, settings.restart_guard, mode(settings), kind, {}, settings.history};
}

void refuse_inside_itself(const std::vector<RunAround>& around, const LockKey& key, const std::vector<Node>& nodes,
                          const Settings& settings) {
    const std::string ours = lock_on(key, nodes);
    for (const RunAround& run : around) {
        if (run.lock != ours) continue;
        NodeSet to_ask{nodes, settings.node_timeout};
        to_ask.serve(key.key());
        to_ask.resolve();
        if (tenure(to_ask, key, run.token, mode(settings)).outcome == Tenure::Outcome::ours)
            throw misuse("{} is held by a run around this one (pid {}), which waits for this one to end; leave the "
                         "inner holdfast out",
                         key.name, run.process.pid);
    }
}

void advise(const std::vector<Node>& nodes, const Log& log) {
    if (nodes.size() % 2 == 0) log.tell(event::advice("{}", even_number(nodes.size())));
}

Exit refuse(const Lock& lock, const Attempt& attempt, const Settings& settings, Refused refused) {
    const ExitStatus status = [&] {
        switch (attempt.outcome) {
        case Outcome::not_a_lock: return ExitStatus::not_a_lock;
        case Outcome::denied: return ExitStatus::denied;
        case Outcome::misnamed:
        case Outcome::no_scripts:
        case Outcome::same_server:
        case Outcome::other_limit:
        case Outcome::other_nodes: return ExitStatus::configuration;
        case Outcome::too_few: return ExitStatus::too_few_nodes;
        default: return ExitStatus::not_acquired;
        }
    }();
    // With one of these two statuses a wait has ended because its time was up; with all others, and after a skip, at
    // once.
    const bool skipped = attempt.outcome == Outcome::skipped;
    const bool gave_up = !skipped && settings.wait > milliseconds{0} &&
                         (status == ExitStatus::not_acquired || status == ExitStatus::too_few_nodes);
    std::string ending = gave_up ? fmt::format("; gave up after {} (-w)", format_duration(*settings.wait)) : "";
    if (refused == Refused::command) ending += fmt::format("{} the command was not run", gave_up ? "," : ";");
    const std::string sentence = with_ending(not_acquired(lock, attempt, settings.nodes_from), ending);
    if (status != ExitStatus::not_acquired) throw Failure{status, sentence};
    const int conflict = settings.conflict_exit_code;
    tell_at_end(skipped ? event::already_done(sentence, conflict)
                        : event::not_acquired(sentence, conflict, in_front_json(attempt)),
                settings.verbosity);
    return Exit::with(conflict);
}

} // namespace holdfast
