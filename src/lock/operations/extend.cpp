#include "lock/operations/extend.hpp"

#include "lock/operations/common.hpp"
#include "lock/operations/history.hpp"
#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view extend_lua;
extern const std::string_view extend_alone_lua;
extern const std::string_view extend_member_lua;
extern const std::string_view keep_lua;
extern const std::string_view keep_member_lua;

namespace {

Script keeping(Script script, const Record& kept, std::string_view lua) {
    script.lua = as_function(script.lua);
    script.lua.push_back(lua);
    script.arguments.push_back({"kept", kept.value});
    return script;
}

} // namespace

ScriptCall Extend::script(const LockKey& key) const {
    ScriptArguments arguments{{"ours", record.value}, {"ttl", argument(ttl)}};
    if (seat) arguments.push_back({"entry", entry});
    Script script = seat ? for_member({{extend_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{{extend_lua}, std::move(arguments)};
    if (success) script = marking(std::move(script), key, *success);
    if (kept) script = keeping(std::move(script), *kept, seat ? keep_member_lua : keep_lua);
    if (end) script = noting_end(std::move(script), key, token.text(), *end, "yours");
    return script_call(std::move(script), key, token.text());
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
        if (value.text != op.record.value && !(op.kept && value.text == op.kept->value))
            return let_go(verdict("taken"));
        return commit(
            [&](Request& commands) {
                if (op.kept) commands.add({"SET", key.key(), op.kept->value, "XX", "PX", argument(op.ttl)});
                else commands.add({"PEXPIRE", key.key(), argument(op.ttl)});
                commands.add({"PEXPIRE", key.fence(), argument(fence_lasts)});
            },
            // The key may have expired between its WATCH and the EXEC.
            [key, op](const Reply& results) -> Step {
                const Reply& extended = results.items[0];
                Reply answer = verdict(extended.integer == 1 || extended.text == "OK" ? "yours" : "missing");
                return op.end ? noted_end(key, op.token.text(), *op.end, std::move(answer)) : Step{std::move(answer)};
            },
            [key, op] { return op.transaction(key); });
    });
}

} // namespace holdfast
