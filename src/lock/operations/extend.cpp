#include "lock/operations/extend.hpp"

#include "lock/operations/common.hpp"
#include "lock/operations/history.hpp"
#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view extend_lua;
extern const std::string_view extend_alone_lua;
extern const std::string_view extend_member_lua;

ScriptCall Extend::script(const LockKey& key) const {
    ScriptArguments arguments{{"ours", record.value}, {"ttl", argument(ttl)}};
    if (seat) arguments.push_back({"entry", entry});
    Script script = seat ? for_member({std::string{extend_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{std::string{extend_lua}, std::move(arguments)};
    if (success) script = marking(std::move(script), key, *success);
    if (end) script = noting_end(std::move(script), key, token.text(), *end, "yours");
    return script_call(script, key, token.text());
}

std::optional<Request> Extend::alone(const LockKey& key) const {
    if (seat) return {};
    return lone_script_request(extend_alone_lua, key, {{"ours", record.value}, {"ttl", argument(ttl)}});
}

Exchange Extend::transaction(const LockKey& key) const {
    const std::string mark = key.void_mark(token.text());
    Request request = watch({key.key(), mark});
    request.add({"GET", mark});
    request.add({"GET", key.key()});
    return ask(std::move(request), [key, op = *this](Replies&& replies) -> Step {
        if (const Reply& words = replies[watch_replies]; words.type != Reply::Type::nil)
            return let_go(list({text("revoked"), text(words.text)}));
        const Reply& value = replies[watch_replies + 1];
        if (value.type == Reply::Type::nil) return let_go(verdict("missing"));
        if (value.text != op.record.value) return let_go(verdict("taken"));
        return commit(
            [&](Request& commands) {
                commands.add({"PEXPIRE", key.key(), argument(op.ttl)});
                commands.add({"PEXPIRE", key.fence(), argument(fence_lasts)});
            },
            // The key may have expired between its WATCH and the EXEC.
            [key, op](const Reply& results) -> Step {
                Reply answer = verdict(results.items[0].integer == 1 ? "yours" : "missing");
                return op.end ? noted_end(key, op.token.text(), *op.end, std::move(answer)) : Step{std::move(answer)};
            },
            [key, op] { return op.transaction(key); });
    });
}

} // namespace holdfast
