#include "lock/tenure.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace holdfast {

Tenure tenure(NodeSet& nodes, const LockKey& key, const Token& token) {
    const size_t q = quorum(nodes.size());
    const Answers answers =
        nodes.ask([&](size_t) { return inspection(key); },
                  {.enough = [](const Answers&) { return false; }, .deadline = nodes.latest_answer()});
    Tenure result;
    std::vector<milliseconds> left;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = said(answers[i]);
        std::string text = one ? "not ours" : one.error().text;
        if (one) ++result.answered;
        if (one && one->word == Word::held) {
            Record record = Record::parse(one->value);
            if (record.token() == token.text()) {
                // Another node may have kept us waiting since this one looked.
                const auto rest =
                    one->ttl_left - std::chrono::ceil<milliseconds>(BootClock::now() - *answers[i]->sent_at);
                if (rest > milliseconds{0}) left.push_back(rest);
                text = rest > milliseconds{0} ? fmt::format("ours for {}", format_duration(rest))
                                              : std::string{"ours, and about to end"};
                result.fence = std::max(result.fence, one->fence);
                result.record = std::move(record);
            } else text = fmt::format("held by {}", describe(record));
        }
        result.nodes.push_back({nodes.node(i).display(), std::move(text)});
    }
    std::ranges::sort(left, std::greater{});
    if (left.size() >= q) {
        result.outcome = Tenure::Outcome::ours;
        result.expires_in = left[q - 1];
    } else if (result.answered - left.size() > nodes.size() - q) result.outcome = Tenure::Outcome::not_ours;
    return result;
}

} // namespace holdfast
