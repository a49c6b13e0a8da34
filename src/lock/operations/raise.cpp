#include "lock/operations/raise.hpp"

#include "lock/operations/common.hpp"

namespace holdfast {

extern const std::string_view raise_lua;
extern const std::string_view raise_member_lua;

ScriptCall Raise::script(const LockKey& key) const {
    ScriptArguments arguments{{"ours", record.value}, {"to", argument(to.number)}};
    Script script = seat ? for_member({{raise_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{{raise_lua}, std::move(arguments)};
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
