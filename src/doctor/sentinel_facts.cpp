#include "doctor/sentinel_facts.hpp"

#include "redis/guide.hpp"

#include <algorithm>

namespace holdfast {
namespace {

int64_t number(const Reply& map, std::string_view name) {
    constexpr int64_t largest = int64_t{1} << 40;
    const Reply* value = map.find(name);
    return value == nullptr ? 0 : std::clamp(value->number(), int64_t{0}, largest);
}

} // namespace

std::optional<SentinelFacts> ask_sentinels(const Node& node, milliseconds node_timeout) {
    NodeSet sentinels{guides(node.seeds, like_sentinel(node)), node_timeout};
    sentinels.resolve();
    SentinelFacts facts;
    for (const auto& answer : sentinels.ask_all({"SENTINEL", "MASTER", node.sentinel.master},
                                                {.enough = [](const Answers&) { return false; }})) {
        if (!answer || !answer->replies || answer->replies->front().type != Reply::Type::list) continue;
        const Reply& master = answer->replies->front();
        ++facts.answered;
        // The Sentinels may be configured differently; what takes longest counts.
        facts.known = std::max(facts.known, static_cast<size_t>(number(master, "num-other-sentinels")) + 1);
        facts.quorum = std::max(facts.quorum, static_cast<size_t>(number(master, "quorum")));
        facts.down_after = std::max(facts.down_after, milliseconds{number(master, "down-after-milliseconds")});
    }
    return facts.answered == 0 ? std::nullopt : std::optional{facts};
}

} // namespace holdfast
