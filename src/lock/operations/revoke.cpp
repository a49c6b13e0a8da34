#include "lock/operations/revoke.hpp"

#include "lock/operations/removal.hpp"

namespace holdfast {

extern const std::string_view revoke_lua;
extern const std::string_view revoke_member_lua;

Request Revoke::script(const LockKey& key) const {
    ScriptArguments arguments{{"theirs", record.value},       {"void_for", argument(void_for())},
                              {"turns", key.turn_channels()}, {"revoked_channel", key.revoked_channel()},
                              {"message", message()},         {"words", words}};
    return publishing(seat ? member_script_request(revoke_member_lua, key, record.token(), *seat, std::move(arguments))
                           : script_request(revoke_lua, key, record.token(), arguments));
}

Exchange Revoke::transaction(const LockKey& key) const {
    return remove(key, void_mark(key, record.token(), void_for(), words),
                  [key, op = *this](const Reply& value, const QueueHead& head) -> Removal {
                      const bool theirs = value.text == op.record.value;
                      if (!theirs && value.type != Reply::Type::nil) return {false, "changed", {}};
                      Request hints{"PUBLISH", key.revoked_channel(), op.message()};
                      hints.append(head.hint(key));
                      return {theirs, theirs ? "revoked" : "free", std::move(hints)};
                  });
}

} // namespace holdfast
