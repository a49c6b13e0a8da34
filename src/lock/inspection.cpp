#include "lock/inspection.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast {
namespace {

std::string text_of(const tl::expected<NodeReply, NodeFailure>& reply) {
    if (reply && reply->verdict == Verdict::held)
        return fmt::format("{}, expires in {}", words_of(reply), format_duration(reply->ttl_left));
    // A node says `revoked` here only because we have just taken the lock away.
    if (reply && reply->verdict == Verdict::revoked) return "taken away";
    return words_of(reply);
}

milliseconds since(const Holding& one) { return one.record.holder ? one.record.holder->since : milliseconds{0}; }

unsigned slot(const Holding& one) { return one.record.holder ? one.record.holder->slot : 0; }

/// All holders that any node names, in the order of Inspection::holders.
std::vector<Holding> holders(const std::vector<NodeView>& nodes) {
    std::vector<NamedHolder> named;
    for (const NodeView& node : nodes)
        if (node.reply && node.reply->verdict == Verdict::held)
            std::ranges::move(named_holders(*node.reply), std::back_inserter(named));
    std::vector<Holding> found;
    for (const auto& [record, ends] : by_hold(named))
        found.push_back({Record::parse(record), ends.size(),
                         reached_by_quorum(ends, nodes.size()).value_or(std::ranges::min(ends))});
    std::ranges::stable_sort(found, {}, [](const Holding& one) { return std::pair{slot(one), since(one)}; });
    return found;
}

Standing standing(const Inspection& seen, size_t not_a_lock) {
    const size_t n = seen.nodes.size();
    const size_t silent = n - seen.answered;
    if (seen.holding >= quorum(n)) return Standing::held;
    if (n - not_a_lock < quorum(n)) return Standing::not_a_lock;
    if (seen.holding + silent >= quorum(n)) return Standing::unknown;
    return seen.holding > 0 ? Standing::no_quorum : Standing::free;
}

} // namespace

size_t Inspection::with_quorum() const {
    return static_cast<size_t>(
        std::ranges::count_if(holders, [&](const Holding& one) { return one.nodes >= quorum(nodes.size()); }));
}

Inspection tally(std::vector<NodeView> nodes) {
    Inspection seen{.nodes = std::move(nodes)};
    size_t not_a_lock = 0;
    for (const NodeView& node : seen.nodes) {
        if (!node.reply) continue;
        ++seen.answered;
        if (node.reply->verdict == Verdict::not_a_lock) ++not_a_lock;
        seen.fence = std::max(seen.fence, node.reply->fence);
        if (node.reply->queue.size() > seen.queue.size()) seen.queue = node.reply->queue;
        seen.waiting = std::max(seen.waiting, node.reply->waiting);
        if (const auto& success = node.reply->success)
            if (!seen.last_success || success->age < seen.last_success->age) seen.last_success = success;
    }
    seen.holders = holders(seen.nodes);
    const auto most = std::ranges::max_element(seen.holders, {}, [](const Holding& one) {
        return std::pair{one.nodes, -since(one)};
    });
    if (most != seen.holders.end()) {
        seen.record = most->record;
        seen.holding = most->nodes;
        seen.expires_in = most->expires_in;
    }
    for (const Holding& one : seen.holders)
        if (one.nodes >= quorum(seen.nodes.size())) seen.expires_in = std::max(seen.expires_in, one.expires_in);
    seen.standing = standing(seen, not_a_lock);
    return seen;
}

std::vector<NodeReport> reports(const std::vector<NodeView>& nodes) {
    std::vector<NodeReport> out;
    for (const NodeView& node : nodes) out.push_back({node.node, text_of(node.reply)});
    return out;
}

std::vector<NodeView> ask_all(NodeSet& nodes, const LockKey& key, const Operation& operation, Mode mode) {
    std::vector<Mode> modes(nodes.size(), mode);
    const LockOperation asked{key, operation};
    const Answers answers = nodes.ask([&](size_t i) { return asked.on(modes[i]); },
                                      {.deadline = nodes.latest_answer(), .to_confirm = NodeSet::every_answer});
    std::vector<NodeView> views;
    for (size_t i = 0; i < nodes.size(); ++i)
        views.push_back(
            {nodes.node(i).display(), node_reply(answers[i]), answers[i] ? answers[i]->sent_at : std::nullopt});
    return views;
}

Inspection inspect(NodeSet& nodes, const LockKey& key, Mode mode) {
    return tally(ask_all(nodes, key, Inspect{}, mode));
}

Tenure tenure(NodeSet& nodes, const LockKey& key, const Token& token, Mode mode) {
    Tenure result;
    std::vector<milliseconds> left;
    for (const auto& [node, one, sent_at] : ask_all(nodes, key, Inspect{token.run}, mode)) {
        std::string text = one ? "not ours" : one.error().text;
        if (one) ++result.answered;
        if (one && one->verdict == Verdict::held) {
            text = words_of(one);
            for (const NamedHolder& holder : named_holders(*one)) {
                Record record = Record::parse(holder.record);
                if (record.token() != token.text()) continue;
                // We may have waited for another node since this node read its TTL, so that time is subtracted.
                const auto rest = holder.left - std::chrono::ceil<milliseconds>(BootClock::now() - *sent_at);
                if (rest > milliseconds{0}) left.push_back(rest);
                text = rest > milliseconds{0} ? fmt::format("ours for {}", format_duration(rest))
                                              : std::string{"ours, and about to end"};
                result.fence = std::max(result.fence, one->fence);
                result.record = std::move(record);
            }
        }
        result.nodes.push_back({node, std::move(text)});
    }
    const size_t others = result.answered - left.size();
    if (const auto lasts = reached_by_quorum(std::move(left), nodes.size())) {
        result.outcome = Tenure::Outcome::ours;
        result.expires_in = *lasts;
    } else if (nodes.size() - others < quorum(nodes.size())) result.outcome = Tenure::Outcome::not_ours;
    return result;
}

} // namespace holdfast
