#include "lock/operations/members.hpp"

#include "lock/operations/common.hpp"

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

Step with_members(const LockKey& key, milliseconds now, Reply answer) {
    if (!is_group(answer.items[1].text)) return answer;
    return ask({"ZRANGE", key.members(), argument(-int64_t{members_shown}), "-1", "WITHSCORES"},
               [key, now, answer = std::move(answer)](Replies&& replies) -> Step {
                   std::vector<Life> living;
                   for_each_score(replies[0], [&](const std::string& member, int64_t ends) {
                       if (milliseconds{ends} > now) living.push_back({member, milliseconds{ends} - now});
                   });
                   return with_records(key, living, answer);
               });
}

} // namespace holdfast
