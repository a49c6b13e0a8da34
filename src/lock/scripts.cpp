#include "lock/operations.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

// What every script begins with. An entry of the queue is "RUN {json}"; heads that nobody refreshes any more are
// dropped when they are met, so a look at the queue costs the same however many wait.
constexpr std::string_view common = R"(
local K, VOID, FENCE, QUEUE, SEEN = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function leave(entry)
    redis.call('ZREM', QUEUE, entry)
    redis.call('ZREM', SEEN, entry)
end
local function first()
    local entry = redis.call('ZRANGE', QUEUE, 0, 0)[1]
    if not entry then return nil end
    local at = now()
    while entry and tonumber(redis.call('ZSCORE', SEEN, entry) or 0) <= at do
        leave(entry)
        entry = redis.call('ZRANGE', QUEUE, 0, 0)[1]
    end
    return entry
end
local function tell_first(turns)
    local entry = first()
    if entry then redis.pcall('PUBLISH', turns .. string.match(entry, '^%x*'), '') end
end
local function set_fence(number) redis.call('SET', FENCE, string.format('%.0f', number), 'PX', '{fence_lasts}') end
local function attempt_of(record, run)
    local of_run, attempt = string.match(record or '', '^(%x+)%.(%d+) ')
    return of_run == run and tonumber(attempt) or nil
end
local function last_fence() return tonumber(redis.call('GET', FENCE) or 0) or 0 end
)";

// ARGV: record, ttl ms, run, attempt, proposal, entry or '', since ms, waited ms, lasts ms, earlier fence
constexpr std::string_view acquire_body = R"(
if redis.call('EXISTS', VOID) == 1 then return {'revoked'} end
local record = redis.call('GET', K)
local attempt = attempt_of(record, ARGV[3])
if attempt and attempt < tonumber(ARGV[4]) then
    redis.call('DEL', K)
    record = nil
end
local function near(number, at) return math.max(math.min(number, at + {tolerance}), at - {tolerance}) end
local entry = ARGV[6]
local waits = entry ~= ''
local ahead = first()
if waits and (record or (ahead and ahead ~= entry)) then
    local at = now()
    redis.call('ZADD', QUEUE, 'NX', near(tonumber(ARGV[7]), at - ARGV[8]), entry)
    redis.call('ZADD', SEEN, at + ARGV[9], entry)
    redis.call('PEXPIRE', QUEUE, '{queue_lasts}')
    redis.call('PEXPIRE', SEEN, '{queue_lasts}')
    ahead = first()
end
if not record and (not ahead or ahead == entry) then
    local last = last_fence()
    if last == 0 then
        local earlier = redis.pcall('GET', ARGV[10])
        last = type(earlier) == 'string' and tonumber(earlier) or 0
    end
    local fence = math.max(last + 1, near(tonumber(ARGV[5]), now()))
    if ahead then leave(entry) end
    set_fence(fence)
    redis.call('SET', K, ARGV[1], 'PX', ARGV[2])
    return {'granted', '', fence}
end
local position = waits and (redis.call('ZRANK', QUEUE, entry) or -1) + 1 or 0
if record then return {'held', record, redis.call('PTTL', K), position} end
return {'reserved', ahead, tonumber(redis.call('ZSCORE', SEEN, ahead)) - now(), position}
)";

// ARGV: record, number
constexpr std::string_view raise_body = R"(
if redis.call('GET', K) ~= ARGV[1] then return {'not_ours'} end
local last = last_fence()
if last >= tonumber(ARGV[2]) then return {'refused', '', last} end
set_fence(tonumber(ARGV[2]))
return {'raised', '', tonumber(ARGV[2])}
)";

// ARGV: record, ttl ms
constexpr std::string_view extend_body = R"(
local void = redis.call('GET', VOID)
if void then return {'revoked', void} end
local now = redis.call('GET', K)
if not now then return {'missing'} end
if now ~= ARGV[1] then return {'taken'} end
redis.call('PEXPIRE', K, ARGV[2])
redis.call('PEXPIRE', FENCE, '{fence_lasts}')
return {'yours'}
)";

// ARGV: record, ttl ms, number
constexpr std::string_view restore_body = R"(
local void = redis.call('GET', VOID)
if void then return {'revoked', void} end
local now = redis.call('GET', K)
if now and now ~= ARGV[1] then return {'taken'} end
redis.call('SET', K, ARGV[1], 'PX', ARGV[2])
set_fence(math.max(last_fence(), tonumber(ARGV[3])))
return {'yours'}
)";

// ARGV: run, attempt, ms for the void mark or 0, turn channels, entry or ''
constexpr std::string_view release_body = R"(
local word = 'not_ours'
if ARGV[5] ~= '' then leave(ARGV[5]) end
local attempt = attempt_of(redis.call('GET', K), ARGV[1])
if attempt and attempt <= tonumber(ARGV[2]) then
    redis.call('DEL', K)
    word = 'released'
end
if ARGV[3] ~= '0' then redis.pcall('SET', VOID, '', 'PX', ARGV[3]) end
if word == 'released' then tell_first(ARGV[4]) end
return {word}
)";

// ARGV: run, entry, ms for the void mark or 0, turn channels
constexpr std::string_view withdraw_body = R"(
leave(ARGV[2])
local record = redis.call('GET', K)
if attempt_of(record, ARGV[1]) then
    redis.call('DEL', K)
    record = nil
end
if ARGV[3] ~= '0' then redis.pcall('SET', VOID, '', 'PX', ARGV[3]) end
if not record then tell_first(ARGV[4]) end
return {'done'}
)";

// ARGV: record, ms for the void mark, turn channels, revoked channel, message, words
constexpr std::string_view revoke_body = R"(
local now = redis.call('GET', K)
local word = 'free'
if now == ARGV[1] then
    redis.call('DEL', K)
    word = 'revoked'
elseif now then
    word = 'changed'
end
redis.pcall('SET', VOID, ARGV[6], 'PX', ARGV[2])
if word ~= 'changed' then
    redis.pcall('PUBLISH', ARGV[4], ARGV[5])
    tell_first(ARGV[3])
end
return {word}
)";

constexpr std::string_view inspect_body = R"(
local at = now()
local queue = {}
local places = redis.call('ZRANGE', QUEUE, 0, {places_shown} - 1, 'WITHSCORES')
for i = 1, #places, 2 do
    if tonumber(redis.call('ZSCORE', SEEN, places[i]) or 0) > at then
        queue[#queue + 1] = places[i]
        queue[#queue + 1] = at - places[i + 1]
    end
end
local record = redis.call('GET', K)
local waiting = redis.call('ZCOUNT', SEEN, '(' .. string.format('%.0f', at), '+inf')
return {record and 'held' or 'free', record or '', redis.call('PTTL', K), 0, last_fence(), queue, waiting}
)";

/// The script with its constants, which are words in braces.
std::string text(std::string_view body) {
    std::string script = std::string{common} + std::string{body};
    const auto put = [&script](std::string_view word, int64_t value) {
        for (size_t at = script.find(word); at != std::string::npos; at = script.find(word))
            script.replace(at, word.size(), argument(value));
    };
    put("{fence_lasts}", fence_lasts.count());
    put("{queue_lasts}", queue_lasts.count());
    put("{tolerance}", clock_tolerance.count());
    put("{places_shown}", places_shown);
    return script;
}

Request eval(const std::string& script, const LockKey& key, std::string_view token,
             std::initializer_list<std::string> words) {
    const std::string mark = key.void_mark(token);
    const std::string all_keys[] = {key.key(), mark, key.fence(), key.queue(), key.seen()};
    std::vector<std::string_view> command{"EVAL", script, "5"};
    command.insert(command.end(), std::begin(all_keys), std::end(all_keys));
    command.insert(command.end(), words.begin(), words.end());
    Request request;
    request.add(command);
    return request;
}

/// Redis sends out what it has for a client the sooner the later that client got its first byte. With an answer before
/// the script's, whoever the script tells hears of it before us, and need not wait until we are off the processor.
Request told_first(const Request& script) {
    Request request{"PING"};
    request.append(script);
    return request;
}

struct ToScript {
    const LockKey& key;

    Request operator()(const Acquire& op) const {
        static const std::string script = text(acquire_body);
        const Waiting none{};
        const Waiting& waiting = op.waiting ? *op.waiting : none;
        return eval(script, key, op.token.text(),
                    {op.record.value, argument(op.ttl), op.token.run, argument(op.token.attempt),
                     argument(op.proposal.number), waiting.entry, argument(waiting.since), argument(waiting.waited),
                     argument(waiting.lasts), key.earlier_fence()});
    }
    Request operator()(const Raise& op) const {
        static const std::string script = text(raise_body);
        return eval(script, key, op.record.token(), {op.record.value, argument(op.to.number)});
    }
    Request operator()(const Extend& op) const {
        static const std::string script = text(extend_body);
        return eval(script, key, op.token.text(), {op.record.value, argument(op.ttl)});
    }
    Request operator()(const Restore& op) const {
        static const std::string script = text(restore_body);
        return eval(script, key, op.token.text(), {op.record.value, argument(op.ttl), argument(op.fence.number)});
    }
    Request operator()(const Release& op) const {
        static const std::string script = text(release_body);
        return told_first(eval(script, key, op.token.text(),
                               {op.token.run, argument(op.token.attempt), op.void_too ? argument(void_lasts) : "0",
                                key.turn_channels(), op.entry}));
    }
    Request operator()(const Withdraw& op) const {
        static const std::string script = text(withdraw_body);
        return told_first(
            eval(script, key, op.token.text(),
                 {op.token.run, op.entry, op.void_too ? argument(void_lasts) : "0", key.turn_channels()}));
    }
    Request operator()(const Revoke& op) const {
        static const std::string script = text(revoke_body);
        return told_first(eval(script, key, op.record.token(),
                               {op.record.value, argument(op.void_lasts()), key.turn_channels(), key.revoked_channel(),
                                op.message(), op.words}));
    }
    Request operator()(const Inspect&) const {
        static const std::string script = text(inspect_body);
        return eval(script, key, "", {});
    }
};

} // namespace

Request script(const LockKey& key, const Operation& operation) { return std::visit(ToScript{key}, operation); }

} // namespace holdfast
