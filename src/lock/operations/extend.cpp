// Extend, restore and raise, which a holder asks for.
#include "lock/operations.hpp"
#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

#include <algorithm>

namespace holdfast {

extern const std::string_view extend_lua;
extern const std::string_view extend_alone_lua;
extern const std::string_view extend_member_lua;
extern const std::string_view keep_lua;
extern const std::string_view keep_member_lua;
extern const std::string_view restore_lua;
extern const std::string_view restore_member_lua;
extern const std::string_view raise_lua;
extern const std::string_view raise_member_lua;

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
    Script script = script_for(key, seat, extend_lua, extend_member_lua, std::move(arguments));
    if (success) script = marking(std::move(script), key, *success);
    if (kept) script = keeping(std::move(script), *kept, seat ? keep_member_lua : keep_lua);
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
            [](const Reply& results) -> Step {
                const Reply& extended = results.items[0];
                return verdict(extended.integer == 1 || extended.text == "OK" ? "yours" : "missing");
            },
            [key, op] { return op.transaction(key); });
    });
}

ScriptCall Restore::script(const LockKey& key) const {
    ScriptArguments arguments{{"ours", record.value}, {"ttl", argument(ttl)}, {"fence", argument(fence.number)}};
    if (seat) arguments.push_back({"entry", entry});
    return script_call(script_for(key, seat, restore_lua, restore_member_lua, std::move(arguments)), key, token.text());
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

ScriptCall Raise::script(const LockKey& key) const {
    Script script =
        script_for(key, seat, raise_lua, raise_member_lua, {{"ours", record.value}, {"to", argument(to.number)}});
    return script_call(std::move(script), key, record.token());
}

Exchange Raise::transaction(const LockKey& key) const {
    Request request = watch({key.key(), key.fence()});
    request.add({"GET", key.key()});
    request.add({"GET", key.fence()});
    return ask(std::move(request), [key, op = *this](Replies&& replies) -> Step {
        if (replies[watch_replies].text != op.record.value) return let_go(verdict("not_ours"));
        const int64_t last = replies[watch_replies + 1].number();
        if (last >= op.to.number) return let_go(list({text("refused"), text(""), integer(last)}));
        return commit([&](Request& commands) { set_fence(key, op.to.number, commands); },
                      [op](const Reply&) -> Step {
                          return list({text("raised"), text(""), integer(op.to.number)});
                      },
                      [key, op] { return op.transaction(key); });
    });
}

} // namespace holdfast
