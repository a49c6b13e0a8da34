#include "base/error.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "cli/command_table.hpp"
#include "cli/screen.hpp"
#include "cli/target.hpp"
#include "doctor/judgement.hpp"
#include "doctor/rights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

/// The ACL rule for the user of the first node.
std::string acl_rule(const Settings& settings, const std::string& prefix) {
    const std::vector<Node> nodes = settings.nodes.empty() ? std::vector<Node>{} : configured_nodes(settings);
    const bool selects = std::ranges::any_of(nodes, [](const Node& node) { return node.db != 0; });
    const bool named = !nodes.empty() && !nodes.front().user.empty();
    return acl_rule(named ? nodes.front().user : "holdfast", prefix, mode(settings), selects);
}

std::string name(Severity severity) {
    switch (severity) {
    case Severity::ok: return "ok";
    case Severity::warn: return "warn";
    default: return "fail";
    }
}

Cell cell(Severity severity) {
    switch (severity) {
    case Severity::ok: return {"OK", Colour::green};
    case Severity::warn: return {"WARN", Colour::yellow};
    default: return {"FAIL", Colour::red};
    }
}

std::string screen(const Diagnosis& diagnosis) {
    std::vector rows(1, header({"", "NODE", "CHECK", "FOUND"}));
    for (const Finding& finding : diagnosis.findings) {
        const std::string node = finding.node ? diagnosis.nodes[*finding.node] : "all";
        rows.push_back({cell(finding.severity), node, finding.check, finding.text});
        if (!finding.advice.empty()) rows.push_back({"", "", "", "-> " + finding.advice});
    }
    return table(rows);
}

std::string summary(const Diagnosis& diagnosis) {
    const auto count = [&](Severity severity) {
        return std::ranges::count(diagnosis.findings, severity, &Finding::severity);
    };
    if (diagnosis.worst() == Severity::ok) return "all is well";
    return fmt::format("{}: {} of {} nodes usable, {} needed; FAIL {}, WARN {}",
                       diagnosis.works() ? "locks can be had" : "no lock can be had, or none to rely on",
                       diagnosis.usable(), diagnosis.nodes.size(), quorum(diagnosis.nodes.size()),
                       count(Severity::fail), count(Severity::warn));
}

Json json(const Diagnosis& diagnosis) {
    Json findings = Json::list();
    for (const Finding& finding : diagnosis.findings)
        findings.add(Json::object({{"check", finding.check},
                                   {"node", finding.node ? Json(diagnosis.nodes[*finding.node]) : Json()},
                                   {"verdict", name(finding.severity)},
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
        throw Failure{ExitStatus::usage, "--acl prints a line for Redis and --json an object; give one of them"};
    if (typed.has("--acl")) {
        show(acl_rule(settings, key.prefix) + "\n");
        return ExitStatus::ok;
    }
    const Timing timing{settings.ttl, settings.grace, settings.node_timeout, settings.drift};
    const LockTerms terms{timing, settings.restart_guard, mode(settings)};
    NodeSet nodes = nodes_to_ask(settings, key);
    const Diagnosis diagnosis = judge(examine(nodes, key, terms), key.prefix, terms);
    if (typed.has("--json")) show(json(diagnosis).line());
    else show(fmt::format("{}\n{}\n", screen(diagnosis), summary(diagnosis)));
    if (!diagnosis.works()) return ExitStatus::too_few_nodes;
    return diagnosis.worst() == Severity::ok ? ExitStatus::ok : ExitStatus::worrying;
}

constexpr std::array own{
    OptionSyntax{"--json", "", "print one JSON object"},
    OptionSyntax{"--acl", "", "print the least rights that a Redis user needs, and check nothing"},
};

} // namespace

constinit const CommandRow doctor_command{
    .name = "doctor",
    .help = "check the nodes for all that makes locks unsafe or slow",
    .exit_status = "0 when all is well, 1 with warnings, 69 when no lock can be had.",
    .options = own,
    .run = doctor,
};

} // namespace holdfast
