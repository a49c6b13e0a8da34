#include "doctor/judgement.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "doctor/rights.hpp"
#include "doctor/standing.hpp"
#include "lock/quorum.hpp"
#include "lock/restart_guard.hpp"
#include "redis/greeting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace holdfast {
namespace {

using Perhaps = std::optional<Finding>;

std::string text(const Facts& facts, std::string_view field) {
    return printable(info_field(facts.info.text, field).value_or(""));
}

/// Whether the server is older than Redis 6: it speaks only RESP2, which cannot push messages. False if it does not
/// tell its version.
bool is_old(const Facts& facts) {
    constexpr int first_with_messages = 6;
    const auto major = info_number(facts.info.text, "redis_version");
    return major && *major < first_with_messages;
}

std::string advice_on(const Refusal& refusal) {
    if (!refusal.advice.empty()) return refusal.advice;
    const bool unknown = refusal.text.find("unknown command") != std::string::npos;
    return unknown ? "that server, or its provider, does not offer it" : "see its log";
}

std::string at_most(nanoseconds duration) {
    return "at most " + format_duration(std::chrono::ceil<milliseconds>(duration));
}

// ---- the nodes together

Finding number(size_t n) {
    if (n == 1) return good("nodes", "one node: without it there are no locks");
    if (n % 2 == 0)
        return warning("nodes", fmt::format("{} nodes survive no more failures than {}", n, n - 1),
                       "use an odd number of nodes");
    return good("nodes", fmt::format("{} nodes survive the failure of {}, {} are needed", n, (n - 1) / 2, quorum(n)));
}

Finding timing(size_t n, const LockTerms& terms) {
    const Timing& timing = terms.timing;
    if (const auto why = impossible(timing)) return failing("timing", *why, "until then run refuses to start");
    if (outlasts_guard(timing.ttl, n, terms.restart_guard))
        return failing("timing",
                       fmt::format("--ttl {} is longer than --restart-guard {}, for which a restarted node has no vote",
                                   format_duration(timing.ttl), format_duration(*terms.restart_guard)),
                       "make the TTL shorter, or the guard longer for every user of these nodes");
    return good("timing",
                fmt::format("TTL {}, renewed every {}, node timeout {}", format_duration(timing.ttl),
                            format_duration(timing.renewal_interval()), format_duration(timing.node_timeout)));
}

Finding identity(const std::vector<Facts>& nodes) {
    size_t unknown = 0;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const std::string id = text(nodes[i], "run_id");
        if (id.empty() && !nodes[i].failure) ++unknown;
        if (id.empty()) continue;
        for (size_t k = 0; k < i; ++k)
            if (text(nodes[k], "run_id") == id)
                return failing("identity", fmt::format("{} and {} are the same server", nodes[k].node, nodes[i].node),
                               "name every server once; until then run refuses to start");
        for (size_t k = 0; k < i; ++k)
            if (const auto why = belong_together(nodes[k], nodes[i]))
                return failing("identity", fmt::format("{} and {} {}", nodes[k].node, nodes[i].node, *why),
                               "name one of them alone; several nodes are servers that know nothing of each other");
    }
    if (unknown == 0) return good("identity", "all that answer are different servers");
    return warning("identity", fmt::format("{} of the nodes do not say which server they are", unknown),
                   "see to it that their addresses lead to different servers");
}

Perhaps clocks(const std::vector<Facts>& nodes) {
    const Facts* slowest = nullptr;
    const Facts* fastest = nullptr;
    for (const Facts& facts : nodes) {
        if (!facts.clock) continue;
        if (!slowest || facts.clock->ahead < slowest->clock->ahead) slowest = &facts;
        if (!fastest || facts.clock->ahead >= fastest->clock->ahead) fastest = &facts;
    }
    if (slowest == fastest) return {};
    const nanoseconds apart = fastest->clock->ahead - slowest->clock->ahead;
    const nanoseconds within = fastest->clock->within + slowest->clock->within;
    if (apart - within <= clock_tolerance) return good("clocks", at_most(apart + within) + " apart");
    return warning(
        "clocks",
        fmt::format("the clock of {} is {} ahead of that of {}", fastest->node, format_duration(apart), slowest->node),
        "synchronize them (NTP): fence numbers grow by them when nodes have lost their data");
}

// ---- one node

Finding reachable(const Facts& facts) {
    if (!facts.failure) return good("reachable", "it answers");
    // If the text has a semicolon, what to do stands behind that, so no advice is added.
    if (facts.failure->text.find("; ") != std::string::npos) return failing("reachable", facts.failure->text, "");
    const auto advice = [&] {
        switch (facts.failure->kind) {
        case NodeFailure::Kind::unreachable: return "start it, or see to its address and the network in between";
        case NodeFailure::Kind::timeout:
            return "see whether it hangs or the network is slow; a slow network needs a longer --node-timeout";
        case NodeFailure::Kind::denied:
            return "see to the user and the password in its URI, or else to HOLDFAST_PASSWORD and --password-file";
        default: return "a node has to be a Redis server, and a master";
        }
    };
    return failing("reachable", facts.failure->text, advice());
}

Finding latency(const Facts& facts, const LockTerms& terms) {
    // A node whose answers usually take more than a quarter of the node timeout will sometimes answer after the
    // timeout.
    constexpr int timeout_in_latencies = 4;
    constexpr int ttl_in_timeouts = 10;
    const auto [fastest, slowest] = std::ranges::minmax(facts.latencies);
    const std::string what = fmt::format("{} to {}", format_latency(fastest), format_latency(slowest));
    const nanoseconds timeout = slowest * timeout_in_latencies;
    if (timeout <= terms.timing.node_timeout) return good("latency", what);
    return warning(
        "latency",
        fmt::format("{}, and after {} an answer is given up", what, format_duration(terms.timing.node_timeout)),
        fmt::format("make --node-timeout at least {} and --ttl at least {}, or use nodes that are nearer",
                    format_duration(timeout), format_duration(timeout * ttl_in_timeouts)));
}

Finding version(const Facts& facts) {
    const std::string number = text(facts, "redis_version");
    if (number.empty())
        return warning(
            "version",
            fmt::format("unknown, and so are role, uptime, persistence and memory: INFO tells nothing{}",
                        facts.info.type == Reply::Type::error ? " (" + printable(facts.info.text) + ")" : ""),
            facts.info.type == Reply::Type::error ? advice_on(meaning(facts.info)) : "");
    const std::string valkey = text(facts, "valkey_version");
    const std::string name = valkey.empty() ? "Redis " + number : "Valkey " + valkey;
    if (!is_old(facts)) return good("version", name);
    return warning("version", name + " pushes no messages: who waits or loses the lock hears of it later",
                   "use Redis 6.0 or newer");
}

Perhaps role(const Facts& facts) {
    const std::string role = text(facts, "role");
    if (const auto why = not_a_master(is_sentinel(facts.info.text) ? "sentinel" : "", role))
        return failing("role", why->text, why->advice);
    if (role.empty()) return {};
    return good("role", "master");
}

Finding clock(const Facts& facts) {
    if (facts.no_clock)
        return warning("clock", "it does not tell the time: " + facts.no_clock->text, advice_on(*facts.no_clock));
    if (!facts.clock) return warning("clock", "it does not tell the time", "");
    const auto [ahead, within] = *facts.clock;
    const nanoseconds apart = std::chrono::abs(ahead);
    if (apart - within <= clock_tolerance) return good("clock", at_most(apart + within) + " from this host's");
    return warning(
        "clock",
        fmt::format("{} {} this host's", format_duration(apart), ahead > nanoseconds{0} ? "ahead of" : "behind"),
        "synchronize both (NTP): waiters take their turns, and fence numbers begin, by these clocks");
}

Perhaps uptime(const Facts& facts) {
    if (facts.no_vote)
        return failing("uptime", *facts.no_vote,
                       "wait until then, and see why it was started (a new server that never granted a lock: "
                       "--restart-guard off)");
    const auto up = info_seconds(facts.info.text, "uptime_in_seconds");
    if (!up) return {};
    return good("uptime", *up == seconds{0} ? "just started" : "for " + format_duration(*up));
}

/// What a restart makes the node forget; nothing when it forgets nothing.
std::optional<std::string> forgets(bool appends, const std::string& fsync, bool always) {
    if (!appends) return "a restart makes it forget locks (appendonly no)";
    if (fsync == "always" && always) return {};
    if (fsync == "always")
        return "a crash of its host while it rewrites its file makes it forget the newest locks "
               "(no-appendfsync-on-rewrite yes)";
    if (fsync.empty()) return "a crash of its host may make it forget locks (appendonly yes, and CONFIG tells no more)";
    return fmt::format("a crash of its host makes it forget the newest locks (appendonly yes, appendfsync {})", fsync);
}

Perhaps persistence(const Facts& facts, size_t n, const LockTerms& terms) {
    if (facts.remembers) return good("persistence", "what it grants is written to its file");
    const auto appends = info_number(facts.info.text, "aof_enabled");
    if (!appends) return {};
    const Reply* fsync = facts.config.find("appendfsync");
    const Reply* but_not = facts.config.find("no-appendfsync-on-rewrite");
    const bool always = but_not == nullptr || but_not->text != "yes";
    const auto what = forgets(*appends == 1, fsync == nullptr ? "" : printable(fsync->text), always);
    if (!what)
        return good("persistence", "it forgets nothing, if its next start has these settings as well (appendonly yes, "
                                   "appendfsync always)");
    if (facts.durable)
        return failing("persistence", *what + ", and it is named with durable=yes", "leave durable=yes out");
    if (n == 1)
        return warning(
            "persistence", *what + ", and then two may hold the same one",
            "set appendonly yes, appendfsync always and no-appendfsync-on-rewrite no with CONFIG SET while it "
            "runs (it would begin with an empty file if it were restarted with them), then write them into its "
            "redis.conf, as CONFIG REWRITE does; or use three nodes; where neither can be done, --accept persistence");
    if (n == 2) return good("persistence", *what + "; the other node knows them");
    if (terms.restart_guard)
        return good("persistence",
                    fmt::format("{}; for {} after it, it has no vote", *what, format_duration(*terms.restart_guard)));
    return warning("persistence", *what + ", and --restart-guard is off", "leave the guard on");
}

Perhaps eviction(const Facts& facts) {
    const auto limit = info_number(facts.info.text, "maxmemory");
    const std::string policy = text(facts, "maxmemory_policy");
    if (!limit || policy.empty()) return {};
    if (*limit == 0) return good("eviction", "no maxmemory, so nothing is evicted");
    if (policy == "noeviction")
        return good("eviction", "noeviction: when its memory is full it refuses new locks and keeps the others");
    return failing("eviction",
                   fmt::format("when its memory is full it drops locks that are held (maxmemory-policy {})", policy),
                   "set maxmemory-policy noeviction, or use a server of its own for locks");
}

/// Whether the node has refused the lock for a cause that passes, and refuses all else until that has passed.
bool refuses_all(const Facts& facts) {
    return facts.as_run.outcome == Trial::Outcome::failed && facts.as_run.why.helps == Refusal::Helps::time;
}

Finding lock(const Facts& facts, const LockTerms& terms) {
    const std::string done = "one was taken, extended and released";
    switch (facts.as_run.outcome) {
    case Trial::Outcome::untried:
        return warning("lock", "not tried: its answers take too long", "give doctor more time by --node-timeout");
    case Trial::Outcome::failed:
        return failing("lock", facts.as_run.why.text + (refuses_all(facts) ? "; the rest could not be looked at" : ""),
                       advice_on(facts.as_run.why));
    default: break;
    }
    if (facts.by_transaction && terms.mode == Mode::scripts)
        return warning(
            "lock",
            done +
                " by transaction, because scripts are refused: slower, and --shared, --slots and --once-in need them",
            "allow scripts (+eval), or say that it is meant with --no-scripts");
    switch (facts.transaction.outcome) {
    case Trial::Outcome::untried: return good("lock", done + (facts.by_transaction ? " by transaction" : " by script"));
    case Trial::Outcome::failed:
        return warning("lock", fmt::format("{} by script; by transaction {}", done, facts.transaction.why.text),
                       advice_on(facts.transaction.why));
    default: return good("lock", done + " by script and by transaction");
    }
}

Finding rights(const Facts& facts, const std::string& prefix, const LockTerms& terms) {
    if (facts.rights.empty())
        return warning("rights", "not tried: it answers too slowly, or no more", "see to that, and try again");
    return judge_rights(facts.rights, facts.told || is_old(facts), prefix, {terms.mode, facts.replicas > 0});
}

Perhaps leftovers(const Facts& facts, const std::string& prefix) {
    if (!facts.leftovers) return {};
    const Leftovers& found = *facts.leftovers;
    if (found.failed)
        return warning("leftovers", "could not be looked for: " + found.failed->text, advice_on(*found.failed));
    const std::string cut = found.complete ? "" : "; not all of its keys were looked at";
    if (found.count == 0) return good("leftovers", fmt::format("no key without an expiry under {}{}", prefix, cut));
    std::vector<std::string> names;
    for (const std::string& name : found.first) names.push_back(printable(name));
    return warning("leftovers",
                   fmt::format("{} without an expiry, which nobody can lock: {}{}{}",
                               found.count == 1 ? "a key" : fmt::format("{} keys", found.count), fmt::join(names, " "),
                               found.count > names.size() ? " ..." : "", cut),
                   "look at them, and remove those that nobody needs (DEL)");
}

} // namespace

size_t Diagnosis::usable() const {
    std::vector<bool> fails(nodes.size());
    for (const Finding& finding : findings)
        if (finding.node && finding.severity == Severity::fail) fails[*finding.node] = true;
    return static_cast<size_t>(std::ranges::count(fails, false));
}

bool Diagnosis::works() const {
    return usable() >= quorum(nodes.size()) && std::ranges::none_of(findings, [](const Finding& finding) {
               return !finding.node && finding.severity == Severity::fail;
           });
}

Severity Diagnosis::worst() const {
    Severity worst = Severity::ok;
    for (const Finding& finding : findings)
        if (!finding.accepted) worst = std::max(worst, finding.severity);
    return worst;
}

void Diagnosis::accept(const std::vector<std::string>& accepted_checks) {
    for (Finding& finding : findings)
        finding.accepted = finding.severity == Severity::warn &&
                           std::ranges::find(accepted_checks, finding.check) != accepted_checks.end();
}

Diagnosis judge(const std::vector<Facts>& nodes, const std::string& prefix, const LockTerms& terms) {
    const size_t n = nodes.size();
    Diagnosis diagnosis;
    for (const Facts& facts : nodes) diagnosis.nodes.push_back(facts.node);
    const auto add = [&](Perhaps finding, std::optional<size_t> node = {}) {
        if (!finding) return;
        finding->node = node;
        diagnosis.findings.push_back(std::move(*finding));
    };
    add(number(n));
    add(timing(n, terms));
    if (n > 1) {
        add(identity(nodes));
        add(clocks(nodes));
    }
    for (size_t i = 0; i < n; ++i) {
        const Facts& facts = nodes[i];
        add(reachable(facts), i);
        if (facts.failure) continue;
        add(latency(facts, terms), i);
        add(version(facts), i);
        add(role(facts), i);
        if (is_sentinel(facts.info.text)) continue;
        for (Finding& finding : judge_standing(facts, n, terms)) add(std::move(finding), i);
        add(clock(facts), i);
        add(uptime(facts), i);
        add(persistence(facts, n, terms), i);
        add(eviction(facts), i);
        add(lock(facts, terms), i);
        if (refuses_all(facts)) continue;
        add(rights(facts, prefix, terms), i);
        add(leftovers(facts, prefix), i);
    }
    return diagnosis;
}

} // namespace holdfast
