#include "doctor/sentinel_facts.hpp"

#include "redis/node_set.hpp"

#include <algorithm>

namespace holdfast {
std::optional<SentinelFacts> ask_sentinels(const Node& node, milliseconds node_timeout) {
    NodeSet sentinels{guides(node), node_timeout};
    sentinels.resolve();
    SentinelFacts facts;
    for (const auto& answer : sentinels.ask_all({"SENTINEL", "MASTER", node.sentinel.master}, {})) {
        if (!answer || !answer->replies || answer->replies->front().type != Reply::Type::list) continue;
        const Reply& master = answer->replies->front();
        ++facts.answered;
        // The Sentinels may be configured differently; what takes longest counts.
        facts.known = std::max(facts.known, static_cast<size_t>(master.count("num-other-sentinels")) + 1);
        facts.quorum = std::max(facts.quorum, static_cast<size_t>(master.count("quorum")));
        facts.down_after = std::max(facts.down_after, milliseconds{master.count("down-after-milliseconds")});
    }
    return facts.answered == 0 ? std::nullopt : std::optional{facts};
}

} // namespace holdfast
