#include "cli/messages.hpp"

#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "config/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace holdfast {
namespace {

std::string votes_later(const Attempt& attempt) {
    if (!attempt.votes_in) return {};
    return fmt::format(", and enough have one in {}; for new servers that never granted a lock, give --restart-guard "
                       "off until then",
                       format_duration(*attempt.votes_in));
}

/// What to check if the only node refuses the connection.
std::string hint(const NodeReport& node) {
    if (node.text != errno_text(ECONNREFUSED)) return {};
    return node.node.starts_with("unix:") ? " (is the server running?)"
                                          : " (is the server running, and is this its port?)";
}

/// Whether that holder is the acquire or the run whose variables we have: then a wait may be one for ourselves.
bool holds_around_us(const Record& holder) {
    return !is_only_kept(holder) && environment_variable("HOLDFAST_TOKEN") == holder.token();
}

/// Whether that holder is the script that called us, for which acquire took the lock.
bool is_our_caller(const Record& record) {
    return record.holder && record.holder->kept && record.holder->pid == ::getppid() &&
           record.holder->host == this_process("", {}).host;
}

std::string held(const LockKey& key, const Attempt& attempt) {
    if (attempt.holders <= 1 && holds_around_us(attempt.holder))
        return fmt::format("{} is held by {}, around this holdfast (HOLDFAST_TOKEN has its token); release it first, "
                           "or leave this holdfast out",
                           key.name, describe(attempt.holder));
    if (attempt.holders <= 1 && is_our_caller(attempt.holder))
        return fmt::format("{} is held by {}, the script that calls this holdfast, by acquire; release it first, or "
                           "leave this holdfast out",
                           key.name, describe(attempt.holder));
    if (attempt.holders <= 1)
        return fmt::format("{} is held by {}", key.name, held_by(attempt.holder, attempt.expires_in));
    const std::string who = all_slots_held(attempt)
                                ? fmt::format("all {} slots of {} are held", attempt.holders, key.name)
                                : fmt::format("{} is held by {}", key.name, attempt.holders);
    return fmt::format("{} ({}); it can be had in {} unless they are renewed", who, oldest(attempt.holder),
                       format_duration(attempt.expires_in));
}

} // namespace

std::optional<milliseconds> since(const Record& record) {
    constexpr auto end_of_9999 = seconds{253'402'300'799};
    if (!record.holder || record.holder->since <= milliseconds{0} || record.holder->since > end_of_9999) return {};
    return record.holder->since;
}

std::optional<milliseconds> age(const Record& record) {
    const auto begin = since(record);
    const milliseconds now = wall_time_since_epoch();
    return begin && *begin <= now ? std::optional{now - *begin} : std::nullopt;
}

bool is_only_kept(const Record& record) { return record.holder && record.holder->ended; }

std::string ended_ago(const Record& record) {
    if (!is_only_kept(record)) return "";
    const milliseconds ago = wall_time_since_epoch() - *record.holder->ended;
    return ago < milliseconds{0} ? ", whose command has ended"
                                 : fmt::format(", whose command ended {} ago", format_duration(ago));
}

std::string held_by(const Record& record, milliseconds expires_in) {
    if (is_only_kept(record))
        return fmt::format("{}{}; it stays held for {} more (--min-hold)", describe(record), ended_ago(record),
                           format_duration(expires_in));
    const auto held_for = age(record);
    return fmt::format("{}{}; it expires in {} unless renewed", describe(record),
                       held_for ? " for " + format_duration(*held_for) : "", format_duration(expires_in));
}

std::string oldest(const Record& record) {
    const auto held_for = age(record);
    return fmt::format("oldest: {}{}", describe(record), held_for ? " for " + format_duration(*held_for) : "");
}

bool all_slots_held(const Attempt& attempt) {
    const auto& holder = attempt.holder.holder;
    return holder && holder->kind.way == LockKind::Way::slots && attempt.holders >= holder->kind.limit;
}

const Record& in_front(const Attempt& attempt) {
    return attempt.outcome == Outcome::held ? attempt.holder : attempt.first;
}

std::string succeeded_by(const Success& success) {
    return fmt::format("{}, started {} ago; that counts for {} more", describe(success.record),
                       format_duration(success.age), format_duration(success.left));
}

std::string too_few(size_t answered, const std::vector<NodeReport>& nodes) {
    if (nodes.size() == 1) return fmt::format("{} cannot be used: {}{}", nodes[0].node, nodes[0].text, hint(nodes[0]));
    return fmt::format("only {} of {} nodes answered, {} are needed{}", answered, nodes.size(), quorum(nodes.size()),
                       node_lines(nodes));
}

std::string not_a_lock(const LockKey& key) {
    return fmt::format(
        "the key {} exists and is not a lock that ends: it has another type, or no expiry, as a lock of "
        "redis-py without a timeout; choose another name, or, if nobody needs it, delete it there with DEL",
        printable(key.key(), 300));
}

namespace {

std::string why_not(const Lock& lock, const Attempt& attempt) {
    const LockKey& key = lock.key();
    switch (attempt.outcome) {
    case Outcome::held: return held(key, attempt);
    case Outcome::skipped:
        return fmt::format("{} has succeeded already: {}", key.name, succeeded_by(attempt.success.value_or(Success{})));
    case Outcome::reserved:
        return fmt::format("{} {}, but others wait for it; the first of them is {}", key.name,
                           attempt.holders > 0 ? "has room" : "is free", describe(attempt.first));
    case Outcome::same_server:
        return fmt::format("{} and {} are the same server; every node has to be another one", attempt.nodes[0].node,
                           attempt.nodes[1].node);
    case Outcome::other_nodes:
        return fmt::format(
            "{} is held by {} over {} nodes, and here are {}; every user of a lock has to name all of its nodes",
            key.name, describe(attempt.holder), attempt.holder.holder->nodes, attempt.nodes.size());
    case Outcome::other_limit:
        return fmt::format("{} is held by {} with --slots {}, and here it is --slots {}; every user of the lock has to "
                           "give the same number",
                           key.name, describe(attempt.holder), attempt.holder.holder->kind.limit, lock.kind().limit);
    case Outcome::no_scripts:
        return fmt::format(
            "--shared, --slots and --once-in need Lua scripts, and too few nodes run them for this user{}",
            node_lines(attempt.nodes));
    case Outcome::contended:
        return fmt::format("{} is contended: several try to take it and nobody got a quorum; try again, or wait longer "
                           "(-w){}",
                           key.name, node_lines(attempt.nodes));
    case Outcome::not_a_lock: return not_a_lock(key) + (attempt.nodes.size() == 1 ? "" : node_lines(attempt.nodes));
    case Outcome::misnamed:
    case Outcome::denied:
        if (attempt.nodes.size() == 1) return too_few(0, attempt.nodes);
        return fmt::format("too few nodes can be used, {} are needed{}", quorum(attempt.nodes.size()),
                           node_lines(attempt.nodes));
    default: break;
    }
    if (attempt.lacks_votes && attempt.answered >= quorum(attempt.nodes.size()))
        return fmt::format(
            "nobody has a quorum for {}, and some nodes have no vote while others keep a lock that a run "
            "left behind, until its TTL ends{}",
            key.name, node_lines(attempt.nodes));
    if (attempt.answered >= quorum(attempt.nodes.size()))
        return fmt::format("the nodes answered too slowly for a lock with --ttl {}; make it longer{}",
                           format_duration(lock.timing().ttl), node_lines(attempt.nodes));
    if (attempt.nodes.size() > 1 && attempt.answered + attempt.voteless >= quorum(attempt.nodes.size()))
        return fmt::format("only {} of {} nodes {} a vote, {} are needed{}{}", attempt.answered, attempt.nodes.size(),
                           attempt.answered == 1 ? "has" : "have", quorum(attempt.nodes.size()), votes_later(attempt),
                           node_lines(attempt.nodes));
    return too_few(attempt.answered, attempt.nodes);
}

/// Whether the nodes themselves are in the way, and not who holds the lock or how soon they answer.
bool is_of_nodes(const Attempt& attempt) {
    if (attempt.outcome == Outcome::denied || attempt.outcome == Outcome::misnamed) return true;
    return attempt.outcome == Outcome::too_few && attempt.answered + attempt.voteless < quorum(attempt.nodes.size());
}

} // namespace

std::string not_acquired(const Lock& lock, const Attempt& attempt, const std::string& nodes_from) {
    const bool told = is_of_nodes(attempt) && !nodes_from.empty();
    return with_ending(why_not(lock, attempt), told ? "; the nodes come from " + nodes_from : "");
}

std::string with_ending(std::string sentence, std::string_view ending) {
    return sentence.insert(std::min(sentence.find('\n'), sentence.size()), ending);
}

} // namespace holdfast
