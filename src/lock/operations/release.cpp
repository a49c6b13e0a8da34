#include "lock/operations/release.hpp"

#include "lock/operations/marking.hpp"
#include "lock/operations/removal.hpp"

namespace holdfast {

extern const std::string_view release_lua;
extern const std::string_view release_alone_lua;
extern const std::string_view release_member_lua;

ScriptCall Release::script(const LockKey& key) const {
    ScriptArguments arguments{{"run", token.run},
                              {"attempt", argument(token.attempt)},
                              {"void_for", argument(void_too ? void_lasts : milliseconds{0})},
                              {"turns", key.turn_channels()},
                              {"entry", entry}};
    Script script = seat ? for_member({{release_member_lua}, std::move(arguments)}, key, *seat)
                         : Script{{release_lua}, std::move(arguments)};
    if (success) script = marking(std::move(script), key, *success);
    if (end) script = noting_end(std::move(script), key, token.text(), *end, "released");
    return publishing(script_call(std::move(script), key, token.text()));
}

std::optional<Request> Release::alone(const LockKey& key) const {
    if (void_too || seat) return {};
    return lone_script_request(release_alone_lua, key, {{"run", token.run}, {"attempt", argument(token.attempt)}});
}

Exchange Release::transaction(const LockKey& key) const {
    Request before = void_mark(key, token.text(), void_too ? void_lasts : milliseconds{0});
    if (!entry.empty()) leave(key, entry, before);
    return remove(key, before, [key, op = *this](const Reply& value, const QueueHead& head) -> Removal {
        if (!is_attempt_before(value.text, {op.token.run, op.token.attempt + 1})) return {false, "not_ours", {}};
        return {true, "released", head.hint(key), op.token.text(), op.end};
    });
}

} // namespace holdfast
