#include "lock/operations/withdraw.hpp"

#include "lock/operations/removal.hpp"

namespace holdfast {

extern const std::string_view withdraw_lua;
extern const std::string_view withdraw_member_lua;

ScriptCall Withdraw::script(const LockKey& key) const {
    ScriptArguments arguments{{"run", token.run},
                              {"entry", entry},
                              {"void_for", argument(void_too ? void_lasts : milliseconds{0})},
                              {"turns", key.turn_channels()}};
    Script script = seat ? for_member({{withdraw_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{{withdraw_lua}, std::move(arguments)};
    return publishing(script_call(std::move(script), key, token.text()));
}

Exchange Withdraw::transaction(const LockKey& key) const {
    Request before = void_mark(key, token.text(), void_too ? void_lasts : milliseconds{0});
    leave(key, entry, before);
    return remove(key, before, [key, op = *this](const Reply& value, const QueueHead& head) -> Removal {
        const bool ours = value.text.starts_with(op.token.run + ".");
        const bool free = ours || value.type == Reply::Type::nil || is_group(value.text);
        return {ours, "done", free ? head.hint(key) : Request{}};
    });
}

} // namespace holdfast
