#include "lock/operations/extend.hpp"

#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view extend_lua;
extern const std::string_view extend_alone_lua;
extern const std::string_view extend_member_lua;

Request Extend::script(const LockKey& key) const {
    ScriptArguments arguments{{"ours", record.value}, {"ttl", argument(ttl)}};
    if (success) return marking_script_request(extend_lua, key, token.text(), *success, std::move(arguments));
    if (!seat) return script_request(extend_lua, key, token.text(), arguments);
    arguments.push_back({"entry", entry});
    return member_script_request(extend_member_lua, key, token.text(), *seat, std::move(arguments));
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
            [](const Reply& results) -> Step { return verdict(results.items[0].integer == 1 ? "yours" : "missing"); },
            [key, op] { return op.transaction(key); });
    });
}

} // namespace holdfast
