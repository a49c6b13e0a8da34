#include "lock/operations.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>

namespace holdfast {
namespace {

constexpr milliseconds void_lasts{60'000};

// KEYS: K, void mark. ARGV: record, ttl ms, run, attempt
constexpr std::string_view acquire_script = R"(
if redis.call('EXISTS', KEYS[2]) == 1 then return {'revoked'} end
local now = redis.call('GET', KEYS[1])
if now then
    local run, attempt = string.match(now, '^(%x+)%.(%d+) ')
    if run ~= ARGV[3] or tonumber(attempt) >= tonumber(ARGV[4]) then
        return {'held', now, redis.call('PTTL', KEYS[1])}
    end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'granted'}
)";

// KEYS: K, void mark. ARGV: record, ttl ms
constexpr std::string_view extend_script = R"(
if redis.call('EXISTS', KEYS[2]) == 1 then return {'revoked'} end
local now = redis.call('GET', KEYS[1])
if not now then return {'missing'} end
if now ~= ARGV[1] then return {'taken'} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'yours'}
)";

// KEYS: K, void mark. ARGV: record, ms for the void mark or 0
constexpr std::string_view release_script = R"(
local word = 'not_ours'
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
    word = 'released'
end
if ARGV[2] ~= '0' then redis.pcall('SET', KEYS[2], '1', 'PX', ARGV[2]) end
return {word}
)";

// KEYS: K, void mark. ARGV: record, ms for the void mark
constexpr std::string_view revoke_script = R"(
local now = redis.call('GET', KEYS[1])
local word = 'free'
if now == ARGV[1] then
    redis.call('DEL', KEYS[1])
    word = 'revoked'
elseif now then
    word = 'changed'
end
redis.pcall('SET', KEYS[2], '1', 'PX', ARGV[2])
return {word}
)";

// KEYS: K
constexpr std::string_view inspect_script = R"(
local now = redis.call('GET', KEYS[1])
if not now then return {'free'} end
return {'held', now, redis.call('PTTL', KEYS[1])}
)";

std::string ms(milliseconds duration) { return fmt::format("{}", duration.count()); }

std::string_view token_of(const Record& record) {
    return std::string_view{record.value}.substr(0, record.value.find(' '));
}

std::optional<Word> word(std::string_view text) {
    static const std::map<std::string_view, Word> words{{"granted", Word::granted},   {"held", Word::held},
                                                        {"yours", Word::yours},       {"missing", Word::missing},
                                                        {"taken", Word::taken},       {"revoked", Word::revoked},
                                                        {"changed", Word::changed},   {"released", Word::released},
                                                        {"not_ours", Word::not_ours}, {"free", Word::free}};
    const auto found = words.find(text);
    return found == words.end() ? std::nullopt : std::optional{found->second};
}

tl::unexpected<NodeFailure> failure(NodeFailure::Kind kind, std::string text) {
    return tl::unexpected{NodeFailure{kind, std::move(text)}};
}

tl::expected<Said, NodeFailure> refused(const Reply& error) {
    // A script's error names its cause behind what the script did: "ERR ... WRONGTYPE Operation ...".
    if (error.text.find("WRONGTYPE") != std::string::npos) return Said{Word::not_a_lock};
    if (error.is_error("NOPERM") || error.is_error("NOAUTH") || error.text.find("NOPERM") != std::string::npos)
        return failure(NodeFailure::Kind::denied, fmt::format("it says: {}", printable(error.text)));
    return failure(NodeFailure::Kind::no_vote, fmt::format("it says: {}", printable(error.text)));
}

} // namespace

std::string LockKey::void_mark(std::string_view token) const { return fmt::format("{{{}}}:void:{}", key(), token); }

std::optional<std::string> not_a_lock_name(std::string_view name) {
    constexpr size_t longest = 200;
    if (name.empty()) return "the name of the lock is empty";
    if (name.size() > longest)
        return fmt::format("the name of a lock has at most {} bytes, this one has {}", longest, name.size());
    if (name.find_first_of(" {}") != std::string_view::npos || printable(name) != name)
        return fmt::format("'{}' cannot name a lock; a name has printable characters without spaces and braces",
                           printable(name));
    return {};
}

Request acquire_request(const LockKey& key, const Token& token, const Record& record, milliseconds ttl) {
    return {"EVAL",
            acquire_script,
            "2",
            key.key(),
            key.void_mark(token.text()),
            record.value,
            ms(ttl),
            token.run,
            fmt::format("{}", token.attempt)};
}

Request extend_request(const LockKey& key, const Token& token, const Record& record, milliseconds ttl) {
    return {"EVAL", extend_script, "2", key.key(), key.void_mark(token.text()), record.value, ms(ttl)};
}

Request release_request(const LockKey& key, const Token& token, const Record& record, bool void_too) {
    return {"EVAL",
            release_script,
            "2",
            key.key(),
            key.void_mark(token.text()),
            record.value,
            void_too ? ms(void_lasts) : "0"};
}

Request revoke_request(const LockKey& key, const Record& record) {
    const milliseconds ttl = record.holder ? record.holder->ttl : milliseconds{0};
    return {"EVAL",
            revoke_script,
            "2",
            key.key(),
            key.void_mark(token_of(record)),
            record.value,
            ms(std::max(ttl, void_lasts))};
}

Request inspect_request(const LockKey& key) { return {"EVAL", inspect_script, "1", key.key()}; }

tl::expected<Said, NodeFailure> said(const Answer& answer) {
    if (!answer.replies) return tl::unexpected{answer.replies.error()};
    const Reply& reply = answer.replies->front();
    if (reply.type == Reply::Type::error) return refused(reply);
    const auto what = reply.items.empty() ? std::nullopt : word(reply.items.front().text);
    if (!what)
        return failure(NodeFailure::Kind::no_vote,
                       fmt::format("it gives no answer of ours: {}", printable(reply.text)));
    if (*what != Word::held) return Said{*what};
    if (reply.items.size() != 3) return failure(NodeFailure::Kind::no_vote, "it gives no answer of ours");
    const milliseconds ttl_left{reply.items[2].integer};
    if (ttl_left < milliseconds{0}) return Said{Word::not_a_lock};
    return Said{Word::held, reply.items[1].text, ttl_left};
}

} // namespace holdfast
