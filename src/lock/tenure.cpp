#include "lock/tenure.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {

Tenure tenure(NodeSet& nodes, const LockKey& key, const Token& token, Mode mode) {
    const Answers answers = ask_all(nodes, key, Inspect{token.run}, mode);
    Tenure result;
    std::vector<milliseconds> left;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = node_reply(answers[i]);
        std::string text = one ? "not ours" : one.error().text;
        if (one) ++result.answered;
        if (one && one->verdict == Verdict::held) {
            text = words_of(one);
            for (const NamedHolder& holder : named_holders(*one)) {
                Record record = Record::parse(holder.record);
                if (record.token() != token.text()) continue;
                // We may have waited for another node since this node read its TTL, so that time is subtracted.
                const auto rest =
                    holder.left - std::chrono::ceil<milliseconds>(BootClock::now() - *answers[i]->sent_at);
                if (rest > milliseconds{0}) left.push_back(rest);
                text = rest > milliseconds{0} ? fmt::format("ours for {}", format_duration(rest))
                                              : std::string{"ours, and about to end"};
                result.fence = std::max(result.fence, one->fence);
                result.record = std::move(record);
            }
        }
        result.nodes.push_back({nodes.node(i).display(), std::move(text)});
    }
    const size_t others = result.answered - left.size();
    if (const auto lasts = reached_by_quorum(std::move(left), nodes.size())) {
        result.outcome = Tenure::Outcome::ours;
        result.expires_in = *lasts;
    } else if (nodes.size() - others < quorum(nodes.size())) result.outcome = Tenure::Outcome::not_ours;
    return result;
}

} // namespace holdfast
