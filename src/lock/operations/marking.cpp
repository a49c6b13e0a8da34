#include "lock/operations/marking.hpp"

#include "lock/operations.hpp"
#include "lock/operations/common.hpp"

namespace holdfast {

extern const std::string_view forget_lua;
extern const std::string_view last_success_lua;
extern const std::string_view skip_lua;
extern const std::string_view mark_lua;

Script skipping(Script script, const LockKey& key, milliseconds once_in) {
    script.lua.insert(script.lua.begin(), {last_success_lua, skip_lua});
    script.arguments.push_back({"once_in", argument(once_in)});
    script.more_keys.push_back(done_key(key));
    return script;
}

Script marking(Script script, const LockKey& key, const Success& success) {
    script.lua = as_function(script.lua);
    script.lua.insert(script.lua.begin(), last_success_lua);
    script.lua.push_back(mark_lua);
    script.arguments.push_back({"success", success.record.value});
    script.arguments.push_back({"age", argument(success.age)});
    script.arguments.push_back({"left", argument(success.left)});
    script.more_keys.push_back(done_key(key));
    return script;
}

ScriptArgument done_key(const LockKey& key) { return {"DONE", key.done()}; }

ScriptCall Forget::script(const LockKey& key) const {
    return script_call({{forget_lua}, {}, {done_key(key)}}, key, "");
}

Exchange Forget::transaction(const LockKey& key) const {
    Request request = watch({key.done()});
    request.add({"GET", key.done()});
    request.add({"PTTL", key.done()});
    return ask(std::move(request), [key](Replies&& replies) -> Step {
        const Reply mark = list({text("forgotten"), text(replies[watch_replies].text), replies[watch_replies + 1]});
        return commit(
            [&](Request& commands) {
                commands.add({"DEL", key.done()});
            },
            [mark](const Reply&) -> Step { return mark; }, [key] { return Forget{}.transaction(key); });
    });
}

} // namespace holdfast
