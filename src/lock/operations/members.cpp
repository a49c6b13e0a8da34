#include "lock/operations/members.hpp"

#include "lock/operations/common.hpp"

#include <algorithm>

namespace holdfast {
namespace {

struct Life {
    std::string member;
    milliseconds left;
};

Step with_records(const LockKey& key, const std::vector<Life>& living, Reply answer) {
    if (living.empty()) {
        answer.items.push_back(list({}));
        return answer;
    }
    Request request;
    for (const Life& one : living) request.add({"HGET", key.records(), one.member});
    return ask(std::move(request), [living, answer = std::move(answer)](Replies&& records) -> Step {
        Reply members = list({});
        for (size_t i = 0; i < living.size(); ++i)
            for (const Reply& item : {text(living[i].member), integer(living[i].left.count()), text(records[i].text)})
                members.items.push_back(item);
        Reply told = answer;
        told.items.push_back(std::move(members));
        return told;
    });
}

} // namespace

Step with_members(const LockKey& key, milliseconds now, Reply answer, const std::string& also) {
    if (!is_group(answer.items[1].text)) return answer;
    Request request{"ZRANGE", key.members(), argument(-int64_t{members_shown}), "-1", "WITHSCORES"};
    request.add({"ZSCORE", key.members(), also});
    return ask(std::move(request), [key, now, also, answer = std::move(answer)](Replies&& replies) -> Step {
        std::vector<Life> living;
        const auto add = [&](const std::string& member, int64_t ends) {
            if (milliseconds{ends} > now && std::ranges::count(living, member, &Life::member) == 0)
                living.push_back({member, milliseconds{ends} - now});
        };
        for_each_score(replies[0], add);
        add(also, replies[1].number());
        return with_records(key, living, answer);
    });
}

} // namespace holdfast
