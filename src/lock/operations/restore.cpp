#include "lock/operations/restore.hpp"

#include "lock/operations/common.hpp"

namespace holdfast {

extern const std::string_view restore_lua;
extern const std::string_view restore_member_lua;

ScriptCall Restore::script(const LockKey& key) const {
    ScriptArguments arguments{{"ours", record.value}, {"ttl", argument(ttl)}, {"fence", argument(fence.number)}};
    if (seat) arguments.push_back({"entry", entry});
    Script script = seat ? for_member({{restore_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{{restore_lua}, std::move(arguments)};
    return script_call(std::move(script), key, token.text());
}

Exchange Restore::transaction(const LockKey& key) const {
    const std::string mark = key.void_mark(token.text());
    Request request = watch({key.key(), mark, key.fence()});
    request.add({"GET", mark});
    request.add({"GET", key.key()});
    request.add({"GET", key.fence()});
    return ask(std::move(request), [key, op = *this](Replies&& replies) -> Step {
        if (const Reply& words = replies[watch_replies]; words.type != Reply::Type::nil)
            return let_go(list({text("revoked"), text(words.text)}));
        const Reply& value = replies[watch_replies + 1];
        if (value.type != Reply::Type::nil && value.text != op.record.value) return let_go(verdict("taken"));
        return commit(
            [&](Request& commands) {
                commands.add({"SET", key.key(), op.record.value, "PX", argument(op.ttl)});
                set_fence(key, std::max(replies[watch_replies + 2].number(), op.fence.number), commands);
            },
            [](const Reply&) -> Step { return verdict("yours"); }, [key, op] { return op.transaction(key); });
    });
}

} // namespace holdfast
