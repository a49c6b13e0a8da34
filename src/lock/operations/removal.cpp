// Release, withdraw and revoke, which delete a lock's key.
#include "lock/operations.hpp"
#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

#include <algorithm>
#include <functional>

namespace holdfast {

extern const std::string_view release_lua;
extern const std::string_view release_alone_lua;
extern const std::string_view release_member_lua;
extern const std::string_view withdraw_lua;
extern const std::string_view withdraw_member_lua;
extern const std::string_view revoke_lua;
extern const std::string_view revoke_member_lua;

namespace {

struct Removal {
    bool remove;
    std::string verdict;
    Request hints;        ///< what is sent after the key is deleted, or at once if it is not: QueueHead::hint
    std::string record{}; ///< what is deleted, for an answer that tells it
};

/// The command that marks a token as void; nothing if `lasts` is zero. The command goes before a transaction and is no
/// part of it, because a full server refuses the mark, and the rest has to be done all the same.
Request void_mark(const LockKey& key, std::string_view token, milliseconds lasts, std::string_view words = "") {
    Request request;
    if (lasts > milliseconds{0}) request.add({"SET", key.void_mark(token), words, "PX", argument(lasts)});
    return request;
}

/// What is to become of a key with that value; `before` are the replies to what was sent before.
using Judge = std::function<Removal(const Reply& value, const QueueHead& head, std::span<const Reply> before)>;

/// Sends `before`, which may fail, and deletes the key if `judge` says so of its value.
Exchange remove(const LockKey& key, const Request& before, Judge judge) {
    Request request = before;
    request.append(watch({key.key()}));
    request.add({"GET", key.key()});
    QueueHead::add(key, request);
    auto again = [key, before, judge] { return remove(key, before, judge); };
    return {std::move(request),
            [key, skip = before.commands(), judge = std::move(judge), again](Replies&& replies) -> Step {
                const std::span<const Reply> asked = std::span{replies}.subspan(skip);
                const auto error = std::ranges::find(asked, Reply::Type::error, &Reply::type);
                if (error != asked.end()) return *error;
                const std::span<const Reply> looked = asked.subspan(watch_replies);
                const Removal removal = judge(looked[0], QueueHead{looked.subspan(1)}, std::span{replies}.first(skip));
                Reply answer = list({text(removal.verdict), text(removal.record)});
                if (!removal.remove) return let_go(std::move(answer), removal.hints);
                return commit(
                    [&](Request& commands) {
                        commands.add({"DEL", key.key()});
                    },
                    [answer = std::move(answer)](const Reply&) -> Step { return answer; }, again, removal.hints);
            }};
}

} // namespace

ScriptCall Release::script(const LockKey& key) const {
    ScriptArguments arguments{{"run", token.run},
                              {"attempt", argument(token.attempt)},
                              {"void_for", argument(void_too ? void_lasts : milliseconds{0})},
                              {"turns", key.turn_channels()},
                              {"entry", entry}};
    Script script = script_for(key, seat, release_lua, release_member_lua, std::move(arguments));
    if (success) script = marking(std::move(script), key, *success);
    return publishing(script_call(std::move(script), key, token.text()));
}

std::optional<Request> Release::alone(const LockKey& key) const {
    if (void_too || seat) return {};
    return lone_script_request(release_alone_lua, key, {{"run", token.run}, {"attempt", argument(token.attempt)}});
}

Exchange Release::transaction(const LockKey& key) const {
    Request before{"GET", key.void_mark(token.text())};
    before.append(void_mark(key, token.text(), void_too ? void_lasts : milliseconds{0}));
    if (!entry.empty()) leave(key, entry, before);
    const auto judge = [key, op = *this](const Reply& value, const QueueHead& head,
                                         std::span<const Reply> asked_before) -> Removal {
        if (is_attempt_before(value.text, {op.token.run, op.token.attempt + 1}))
            return {true, "released", head.hint(key)};
        const Reply& words = asked_before.front();
        const bool taken_away = words.type == Reply::Type::text && !words.text.empty();
        return {false, taken_away ? "revoked" : "not_ours", {}, taken_away ? words.text : ""};
    };
    return remove(key, before, judge);
}

ScriptCall Withdraw::script(const LockKey& key) const {
    ScriptArguments arguments{{"run", token.run},
                              {"entry", entry},
                              {"void_for", argument(void_too ? void_lasts : milliseconds{0})},
                              {"turns", key.turn_channels()}};
    Script script = script_for(key, seat, withdraw_lua, withdraw_member_lua, std::move(arguments));
    return publishing(script_call(std::move(script), key, token.text()));
}

Exchange Withdraw::transaction(const LockKey& key) const {
    Request before = void_mark(key, token.text(), void_too ? void_lasts : milliseconds{0});
    leave(key, entry, before);
    return remove(key, before, [key, op = *this](const Reply& value, const QueueHead& head, auto) -> Removal {
        const bool ours = value.text.starts_with(op.token.run + ".");
        const bool free = ours || value.type == Reply::Type::nil || is_group(value.text);
        return {ours, "done", free ? head.hint(key) : Request{}};
    });
}

ScriptCall Revoke::script(const LockKey& key) const {
    ScriptArguments arguments{{"theirs", record.value},       {"void_for", argument(void_for())},
                              {"turns", key.turn_channels()}, {"revoked_channel", key.revoked_channel()},
                              {"message", message()},         {"words", words}};
    Script script = script_for(key, seat, revoke_lua, revoke_member_lua, std::move(arguments));
    return publishing(script_call(std::move(script), key, record.token()));
}

Exchange Revoke::transaction(const LockKey& key) const {
    return remove(key, void_mark(key, record.token(), void_for(), words),
                  [key, op = *this](const Reply& value, const QueueHead& head, auto) -> Removal {
                      const bool theirs = value.type == Reply::Type::text && is_same_hold(value.text, op.record);
                      if (!theirs && value.type != Reply::Type::nil) return {false, "changed", {}};
                      Request hints{"PUBLISH", key.revoked_channel(), op.message()};
                      hints.append(head.hint(key));
                      return {theirs, theirs ? "revoked" : "free", std::move(hints), value.text};
                  });
}

} // namespace holdfast
