#include "lock/operations/withdraw.hpp"

#include "lock/operations/removal.hpp"

namespace holdfast {

extern const std::string_view withdraw_lua;

Request Withdraw::script(const LockKey& key) const {
    return publishing_script_request(withdraw_lua, key, token.text(),
                                     {{"run", token.run},
                                      {"entry", entry},
                                      {"void_for", argument(void_too ? void_lasts : milliseconds{0})},
                                      {"turns", key.turn_channels()}});
}

Exchange Withdraw::transaction(const LockKey& key) const {
    Request before = void_mark(key, token.text(), void_too ? void_lasts : milliseconds{0});
    leave(key, entry, before);
    return remove(key, before, [key, op = *this](const Reply& value, const QueueHead& head) -> Removal {
        const bool ours = value.text.starts_with(op.token.run + ".");
        const bool free = ours || value.type == Reply::Type::nil;
        return {ours, "done", free ? head.hint(key) : Request{}};
    });
}

} // namespace holdfast
