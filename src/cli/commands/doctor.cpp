#include "base/error.hpp"
#include "base/json.hpp"
#include "base/nearest.hpp"
#include "base/random.hpp"
#include "cli/command.hpp"
#include "cli/screen.hpp"
#include "cli/target.hpp"
#include "config/options.hpp"
#include "doctor/judgement.hpp"
#include "doctor/rights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

/// The ACL rule for the user of the first node.
std::string acl_rule(const Settings& settings, const std::string& prefix) {
    const std::vector<Node> nodes = settings.nodes.empty() ? std::vector<Node>{} : configured_nodes(settings);
    Use use{.mode = mode(settings), .waits = settings.replicas > 0};
    for (const Node& node : nodes) {
        use.selects |= node.db != 0;
        use.waits |= node.replicas.value_or(0) > 0;
    }
    const bool named = !nodes.empty() && !nodes.front().user.empty();
    return acl_rule(named ? nodes.front().user : "holdfast", prefix, use);
}

/// The checks in the value of --accept. Throws Failure for a word that is none.
std::vector<std::string> accepted_checks(const std::string& value) {
    const std::vector<std::string> known(checks.begin(), checks.end());
    std::vector<std::string> accepted;
    for (const std::string_view check : split_spellings(value)) {
        if (std::ranges::find(known, check) == known.end())
            throw misuse("'{}' is not a check of doctor{}; the checks are {}", check, did_you_mean(check, known),
                         fmt::join(known, ", "));
        accepted.emplace_back(check);
    }
    return accepted;
}

std::string name(Severity severity) {
    switch (severity) {
    case Severity::ok: return "ok";
    case Severity::warn: return "warn";
    default: return "fail";
    }
}

Cell cell(const Finding& finding) {
    switch (finding.severity) {
    case Severity::ok: return {"OK", Colour::green};
    case Severity::warn: return finding.accepted ? Cell{"(WARN)", Colour::green} : Cell{"WARN", Colour::yellow};
    default: return {"FAIL", Colour::red};
    }
}

/// A table of all findings, or with `troubles_only` of the failures and of the warnings that are not accepted; empty
/// when there is nothing to show.
std::string screen(const Diagnosis& diagnosis, bool troubles_only) {
    std::vector rows(1, header({"", "NODE", "CHECK", "FOUND"}));
    for (const Finding& finding : diagnosis.findings) {
        if (troubles_only && (finding.severity == Severity::ok || finding.accepted)) continue;
        const std::string node = finding.node ? diagnosis.nodes[*finding.node] : "all";
        rows.push_back({cell(finding), node, finding.check, finding.text});
        if (!finding.advice.empty() && !finding.accepted) rows.push_back({"", "", "", "-> " + finding.advice});
    }
    return rows.size() > 1 ? table(rows) : "";
}

std::string summary(const Diagnosis& diagnosis) {
    const auto accepted = std::ranges::count(diagnosis.findings, true, &Finding::accepted);
    const auto count = [&](Severity severity) {
        return std::ranges::count(diagnosis.findings, severity, &Finding::severity);
    };
    const std::string known = accepted == 0 ? "" : fmt::format(", accepted {}", accepted);
    if (diagnosis.worst() == Severity::ok) return "all is well" + known;
    return fmt::format("{}: {} of {} nodes usable, {} needed; FAIL {}, WARN {}{}",
                       diagnosis.works() ? "locks can be had" : "no lock can be had, or none to rely on",
                       diagnosis.usable(), diagnosis.nodes.size(), quorum(diagnosis.nodes.size()),
                       count(Severity::fail), count(Severity::warn) - accepted, known);
}

Json json(const Diagnosis& diagnosis) {
    Json findings = Json::list();
    for (const Finding& finding : diagnosis.findings)
        findings.add(Json::object({{"check", finding.check},
                                   {"node", finding.node ? Json(diagnosis.nodes[*finding.node]) : Json()},
                                   {"verdict", name(finding.severity)},
                                   {"accepted", finding.accepted},
                                   {"text", finding.text},
                                   {"advice", finding.advice.empty() ? Json() : Json(finding.advice)}}));
    return Json::object({{"verdict", name(diagnosis.worst())},
                         {"works", diagnosis.works()},
                         {"nodes", diagnosis.nodes.size()},
                         {"usable", diagnosis.usable()},
                         {"needed", quorum(diagnosis.nodes.size())},
                         {"findings", findings}});
}

Exit doctor(const Arguments& typed, const Settings& settings) {
    // The key of a lock that no run takes.
    const LockKey key = lock_key("doctor." + random_id(), settings);
    if (typed.has("--acl") && typed.has("--json"))
        throw misuse("--acl prints a line for Redis and --json an object; give one of them");
    if (typed.has("--acl")) {
        show(acl_rule(settings, key.prefix) + "\n");
        return ExitStatus::ok;
    }
    const std::vector<std::string> accepted = accepted_checks(typed.value("--accept").value_or(""));
    const Timing timing{settings.ttl, settings.grace, settings.node_timeout, settings.drift};
    const LockTerms terms{timing, settings.restart_guard, mode(settings)};
    NodeSet nodes = nodes_to_ask(settings, key);
    Diagnosis diagnosis = judge(examine(nodes, key, terms), key.prefix, terms);
    diagnosis.accept(accepted);
    if (typed.has("--json")) show(json(diagnosis).line());
    else if (settings.verbosity == Verbosity::quiet) show(screen(diagnosis, true));
    else show(fmt::format("{}\n{}\n", screen(diagnosis, false), summary(diagnosis)));
    if (!diagnosis.works()) return ExitStatus::too_few_nodes;
    return diagnosis.worst() == Severity::ok ? ExitStatus::ok : ExitStatus::worrying;
}

constexpr std::array own{
    OptionSyntax{"--json", "", "print one JSON object"},
    OptionSyntax{"--accept", "CHECKS", "warnings of these checks (as in nodes,lock) are known, and count as OK"},
    OptionSyntax{"--ttl", "DURATION", "the TTL to judge by (30s)"},
    OptionSyntax{"--grace", "DURATION", "the grace to judge by (TTL/4, at most 5s)"},
    OptionSyntax{"--acl", "", "print the least rights that a Redis user needs, and check nothing"},
};

} // namespace

constinit const CommandRow doctor_command{
    .name = "doctor",
    .help = "check the nodes for all that makes locks unsafe or slow",
    .example = "holdfast doctor --node redis://db1",
    .exit_status = "0 when all is well or accepted, 1 with warnings, 69 when no lock can be had.",
    .options = own,
    .run = doctor,
};

} // namespace holdfast
