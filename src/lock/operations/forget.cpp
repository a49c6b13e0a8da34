#include "lock/operations/forget.hpp"

#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view forget_lua;

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
