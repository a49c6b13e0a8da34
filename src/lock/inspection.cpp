#include "lock/inspection.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace holdfast {
namespace {

std::string text_of(const tl::expected<Said, NodeFailure>& said) {
    if (!said) return said.error().text;
    switch (said->word) {
    case Word::held:
        return fmt::format("held by {}, expires in {}", describe(Record::parse(said->value)),
                           format_duration(said->ttl_left));
    case Word::not_a_lock: return "the key there is not a lock";
    case Word::revoked: return "taken away";
    case Word::changed: return "held by another by now";
    default: return "free";
    }
}

} // namespace

Inspection tally(const std::vector<std::optional<Said>>& said) {
    std::map<std::string, std::vector<milliseconds>> holders;
    Inspection inspection;
    for (const auto& node : said) {
        if (!node) continue;
        ++inspection.answered;
        if (node->word == Word::held) holders[node->value].push_back(node->ttl_left);
        if (node->word == Word::not_a_lock) inspection.not_a_lock = true;
        inspection.fence = std::max(inspection.fence, node->fence);
        if (node->queue.size() > inspection.queue.size()) inspection.queue = node->queue;
    }
    const auto most = std::ranges::max_element(holders, {}, [](const auto& entry) { return entry.second.size(); });
    if (most == holders.end()) return inspection;
    std::vector<milliseconds>& left = most->second;
    std::ranges::sort(left, std::greater{});
    inspection.record = Record::parse(most->first);
    inspection.holding = left.size();
    inspection.expires_in = left[std::min(quorum(said.size()), left.size()) - 1];
    return inspection;
}

NodeReport report(const Node& node, const tl::expected<Said, NodeFailure>& said) {
    return {node.display(), text_of(said)};
}

Inspection inspect(NodeSet& nodes, const LockKey& key) {
    const Answers answers =
        nodes.ask([&](size_t) { return inspection(key); }, {.enough = [](const Answers&) { return false; }});
    std::vector<std::optional<Said>> all(nodes.size());
    std::vector<NodeReport> reports;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = said(*answers[i]);
        if (one) all[i] = *one;
        reports.push_back(report(nodes.node(i), one));
    }
    Inspection result = tally(all);
    result.nodes = std::move(reports);
    return result;
}

} // namespace holdfast
