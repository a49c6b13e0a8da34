#include "lock/operations/removal.hpp"

#include <algorithm>

namespace holdfast {

Request void_mark(const LockKey& key, std::string_view token, milliseconds lasts, std::string_view words) {
    Request request;
    if (lasts > milliseconds{0}) request.add({"SET", key.void_mark(token), words, "PX", argument(lasts)});
    return request;
}

Exchange remove(const LockKey& key, const Request& before,
                std::function<Removal(const Reply& value, const QueueHead& head)> judge) {
    Request request = before;
    request.append(watch({key.key()}));
    request.add({"GET", key.key()});
    QueueHead::add(key, request);
    auto again = [key, before, judge] { return remove(key, before, judge); };
    return {std::move(request),
            [key, skip = before.commands(), judge = std::move(judge), again](Replies&& replies) -> Step {
                const std::span<const Reply> asked = std::span{replies}.subspan(skip);
                const auto error = std::ranges::find(asked, Reply::Type::error, &Reply::type);
                if (error != asked.end()) return *error;
                const std::span<const Reply> looked = asked.subspan(watch_replies);
                const Removal removal = judge(looked[0], QueueHead{looked.subspan(1)});
                if (!removal.remove) return let_go(verdict(removal.verdict), removal.hints);
                return commit(
                    [&](Request& commands) {
                        commands.add({"DEL", key.key()});
                    },
                    [key, removal](const Reply&) -> Step {
                        Reply answer = verdict(removal.verdict);
                        return removal.end ? noted_end(key, removal.token, *removal.end, std::move(answer))
                                           : Step{std::move(answer)};
                    },
                    again, removal.hints);
            }};
}

} // namespace holdfast
