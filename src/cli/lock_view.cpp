#include "cli/lock_view.hpp"

#include "base/duration.hpp"
#include "cli/messages.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {
namespace {

using Row = std::vector<Cell>;

/// Whether a node did not answer, or does not say the same as the others.
bool nodes_differ(const Inspection& seen) {
    const size_t n = seen.nodes.size();
    const bool all_free = std::ranges::all_of(
        seen.nodes, [](const NodeView& node) { return node.reply && node.reply->verdict == Verdict::free; });
    return !all_free && seen.holding < n;
}

bool has_group(const Inspection& seen) { return seen.kind().way != LockKind::Way::exclusive; }

/// How many share the lock. Of a node with very many only those that end last are known.
std::string sharing(const Inspection& seen) {
    const bool more = std::ranges::any_of(
        seen.nodes, [](const NodeView& node) { return node.reply && node.reply->members.size() >= members_shown; });
    return fmt::format("{}{}", more ? "at least " : "", seen.with_quorum());
}

/// The beginning of the run's id; empty for another client.
std::string run_of(const Record& record) { return shown_run(record.token()); }

/// A table of all holders of a group.
std::string holders_table(const Inspection& seen) {
    std::vector<Row> rows{header({"HELD FOR", "EXPIRES IN", "NODES", "RUN", "HOLDER"})};
    for (const Holding& one : seen.holders) {
        const auto held_for = age(one.record);
        const bool enough = one.nodes >= quorum(seen.nodes.size());
        rows.push_back({held_for ? format_duration(*held_for) : "?",
                        format_duration(one.expires_in),
                        {fmt::format("{}/{}", one.nodes, seen.nodes.size()), enough ? Colour::plain : Colour::yellow},
                        run_of(one.record),
                        describe(one.record) + ended_ago(one.record)});
    }
    if (seen.kind().way == LockKind::Way::slots) {
        rows[0].insert(rows[0].begin(), header({"SLOT"})[0]);
        for (size_t i = 0; i < seen.holders.size(); ++i) {
            const auto& holder = seen.holders[i].record.holder;
            rows[i + 1].insert(rows[i + 1].begin(), holder ? fmt::format("{}", holder->slot) : "?");
        }
    }
    return table(rows, 2);
}

Colour colour_of(const NodeView& node) {
    if (!node.reply) return Colour::red;
    return node.reply->verdict == Verdict::not_a_lock ? Colour::yellow : Colour::plain;
}

std::string node_table(const Inspection& seen) {
    std::vector<Row> rows{header({"NODE", "EXPIRES IN", "STATE"})};
    for (const NodeView& node : seen.nodes) {
        const bool held = node.reply && node.reply->verdict == Verdict::held;
        rows.push_back(
            {node.node, held ? format_duration(node.reply->ttl_left) : "-", {words_of(node.reply), colour_of(node)}});
    }
    return table(rows, 2);
}

std::string waiters_table(const Inspection& seen) {
    std::vector<Row> rows{header({"WAITING", "FOR", "WHO"})};
    for (const Waiter& waiter : seen.queue)
        rows.push_back({fmt::format("{}", rows.size()), format_duration(waiter.waited), describe(waiter.record)});
    if (seen.waiting > seen.queue.size())
        rows.push_back({fmt::format("and {} more", seen.waiting - seen.queue.size())});
    return table(rows, 2);
}

/// A sentence on the holder, or on what is known if there is none.
std::string sentence(const LockKey& key, const Inspection& seen) {
    if (seen.standing == Standing::held && has_group(seen)) return group_text(key, seen);
    if (seen.standing == Standing::held)
        return fmt::format("{} is held by {}", key.name, held_by(seen.record, seen.expires_in));
    if (seen.holding == 0) return fmt::format("{} is free", key.name);
    const std::string part = fmt::format("{} has {} of {} nodes, {} are needed", describe(seen.record), seen.holding,
                                         seen.nodes.size(), quorum(seen.nodes.size()));
    if (seen.standing == Standing::no_quorum) return fmt::format("{} is held by nobody: {}", key.name, part);
    return fmt::format("{} may be held: {}, and {} gave no answer", key.name, part, seen.nodes.size() - seen.answered);
}

void add_person(Json& object, const Holder& holder) {
    object.add("label", holder.label);
    object.add("user", holder.user);
    object.add("host", holder.host);
    object.add("pid", holder.pid);
}

/// {"label", "user", "host", "pid", "since"}, and "ended_at" if only --min-hold keeps the lock; null for another
/// client.
Json holder_json(const Record& record) {
    if (!record.holder) return {};
    Json holder = Json::object({});
    add_person(holder, *record.holder);
    const auto begin = since(record);
    holder.add("since", begin ? Json(rfc3339(*begin)) : Json());
    if (record.holder->ended) holder.add("ended_at", rfc3339(*record.holder->ended));
    return holder;
}

Json holding_json(const Holding& one) {
    Json json = one.record.holder
                    ? holder_json(one.record)
                    : Json::object({{"label", {}}, {"user", {}}, {"host", {}}, {"pid", {}}, {"since", {}}});
    const unsigned slot = one.record.holder ? one.record.holder->slot : 0;
    const std::string run = run_of(one.record);
    json.add("slot", slot > 0 ? Json(slot) : Json());
    json.add("run", run.empty() ? Json() : Json(run));
    json.add("expires_in_ms", one.expires_in.count());
    json.add("nodes_holding", one.nodes);
    return json;
}

std::string state_of(const NodeView& node) {
    if (!node.reply) return name_of(node.reply.error().kind);
    if (node.reply->verdict == Verdict::held) return "held";
    return node.reply->verdict == Verdict::free ? "free" : "not_a_lock";
}

std::string name_of(Standing standing) {
    switch (standing) {
    case Standing::held: return "held";
    case Standing::free: return "free";
    case Standing::no_quorum: return "no_quorum";
    case Standing::not_a_lock: return "not_a_lock";
    default: return "unknown";
    }
}

} // namespace

std::string name_of(NodeFailure::Kind kind) {
    switch (kind) {
    case NodeFailure::Kind::unreachable: return "unreachable";
    case NodeFailure::Kind::timeout: return "timeout";
    case NodeFailure::Kind::denied: return "denied";
    default: return "no_vote";
    }
}

std::string shown_run(std::string_view token) {
    constexpr size_t digits = 12;
    const auto parsed = Token::parse(token);
    return parsed ? parsed->run.substr(0, digits) : "";
}

std::string group_text(const LockKey& key, const Inspection& seen) {
    const size_t held = seen.with_quorum();
    if (seen.kind().way == LockKind::Way::slots)
        return fmt::format("{} of {} slots of {} {} held", held, seen.kind().limit, key.name, held == 1 ? "is" : "are");
    return fmt::format("{} is shared by {} holder{}", key.name, sharing(seen), held == 1 ? "" : "s");
}

std::string holders_text(const Inspection& seen) {
    if (!has_group(seen)) return describe(seen.record) + ended_ago(seen.record);
    if (seen.kind().way == LockKind::Way::shared && seen.holders.size() == 1)
        return fmt::format("{}, shared", describe(seen.record));
    const std::string count = seen.kind().way == LockKind::Way::slots
                                  ? fmt::format("{} of {} slots", seen.with_quorum(), seen.kind().limit)
                                  : fmt::format("{} share it", sharing(seen));
    return fmt::format("{} (oldest: {}{})", count, describe(seen.record), ended_ago(seen.record));
}

std::string lock_text(const LockKey& key, const Inspection& seen) {
    std::string text = sentence(key, seen) + "\n";
    if (has_group(seen)) text += holders_table(seen);
    // If another client holds the lock, the fence number is that of an earlier holder, so it is not shown.
    else if (seen.record.holder && seen.fence.number > 0) {
        const auto begin = since(seen.record);
        text += fmt::format("  {}fence {}\n", begin ? fmt::format("since {}, ", local_time(*begin)) : "",
                            seen.fence.number);
    }
    if (seen.last_success) text += fmt::format("  last success: {}\n", succeeded_by(*seen.last_success));
    if (seen.waiting > 0) text += waiters_table(seen);
    if (nodes_differ(seen)) text += node_table(seen);
    return text;
}

Json lock_json(const LockKey& key, const Inspection& seen) {
    const bool has_holder = seen.holding > 0;
    const auto held_for = age(seen.record);
    const LockKind kind = seen.kind();
    Json holders = Json::list();
    for (const Holding& one : seen.holders) holders.add(holding_json(one));
    return Json::object({{"lock", key.name},
                         {"key", key.key()},
                         {"state", name_of(seen.standing)},
                         {"kind", has_holder ? Json(name_of(kind.way)) : Json()},
                         {"slots", kind.limit > 0 ? Json(kind.limit) : Json()},
                         {"holder", has_group(seen) ? Json() : holder_json(seen.record)},
                         {"holders", holders},
                         {"kept", has_holder ? Json(is_only_kept(seen.record)) : Json()},
                         {"fence", seen.record.holder && seen.fence.number > 0 ? Json(seen.fence.number) : Json()},
                         {"expires_in_ms", has_holder ? Json(seen.expires_in.count()) : Json()},
                         {"held_for_ms", held_for ? Json(held_for->count()) : Json()},
                         {"waiting", seen.waiting},
                         {"nodes_holding", seen.holding}});
}

std::optional<Json> in_front_json(const Attempt& attempt) {
    const Record& record = in_front(attempt);
    return record.value.empty() ? std::nullopt : std::optional{holder_json(record)};
}

Json last_success_json(const Inspection& seen) {
    if (!seen.last_success) return {};
    Json success = Json::object({});
    add_person(success, seen.last_success->record.holder.value_or(Holder{"?", "?", "?"}));
    success.add("age_ms", seen.last_success->age.count());
    success.add("counts_for_ms", seen.last_success->left.count());
    return success;
}

Json waiters_json(const Inspection& seen) {
    Json waiters = Json::list();
    size_t position = 0;
    for (const Waiter& waiter : seen.queue) {
        Json one = Json::object({{"position", ++position}});
        add_person(one, waiter.record.holder.value_or(Holder{"?", "?", "?"}));
        one.add("waited_ms", waiter.waited.count());
        waiters.add(one);
    }
    return waiters;
}

Json nodes_json(const Inspection& seen) {
    Json nodes = Json::list();
    for (const NodeView& node : seen.nodes) {
        const bool held = node.reply && node.reply->verdict == Verdict::held;
        nodes.add(Json::object({{"node", node.node},
                                {"state", state_of(node)},
                                {"holder", held ? holder_json(Record::parse(node.reply->value)) : Json()},
                                {"expires_in_ms", held ? Json(node.reply->ttl_left.count()) : Json()},
                                {"error", node.reply ? Json() : Json(node.reply.error().text)}}));
    }
    return nodes;
}

std::optional<Failure> untold(const LockKey& key, const Inspection& seen) {
    if (seen.answered < quorum(seen.nodes.size()))
        return Failure{ExitStatus::too_few_nodes, too_few(seen.answered, reports(seen.nodes))};
    if (seen.standing != Standing::not_a_lock) return {};
    return Failure{ExitStatus::not_a_lock,
                   not_a_lock(key) + (seen.nodes.size() == 1 ? "" : node_lines(reports(seen.nodes)))};
}

void check_told(const LockKey& key, const Inspection& seen) {
    if (const auto failure = untold(key, seen)) throw *failure;
}

} // namespace holdfast
