#include "lock/operations/revoke.hpp"

#include "lock/operations/removal.hpp"

namespace holdfast {

extern const std::string_view revoke_lua;
extern const std::string_view revoke_member_lua;

ScriptCall Revoke::script(const LockKey& key) const {
    ScriptArguments arguments{{"theirs", record.value},       {"void_for", argument(void_for())},
                              {"turns", key.turn_channels()}, {"revoked_channel", key.revoked_channel()},
                              {"message", message()},         {"words", words}};
    Script script = seat ? for_member({{revoke_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{{revoke_lua}, std::move(arguments)};
    if (end) script = noting_end(std::move(script), key, record.token(), *end, "revoked", false);
    return publishing(script_call(std::move(script), key, record.token()));
}

Exchange Revoke::transaction(const LockKey& key) const {
    return remove(
        key, void_mark(key, record.token(), void_for(), words),
        [key, op = *this](const Reply& value, const QueueHead& head) -> Removal {
            const bool theirs = value.type == Reply::Type::text && is_same_hold(value.text, op.record);
            if (!theirs && value.type != Reply::Type::nil) return {false, "changed", {}};
            Request hints{"PUBLISH", key.revoked_channel(), op.message()};
            hints.append(head.hint(key));
            return {theirs, theirs ? "revoked" : "free", std::move(hints), std::string{op.record.token()}, op.end};
        });
}

} // namespace holdfast
