-- Every script begins with this. An entry of the queue is "RUN {json}". A script that asks for the first entry drops
-- those before it whose runs no longer refresh them, so the next look costs the same however many runs wait.
local K, VOID, FENCE, QUEUE, SEEN = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local looked
local function now()
    looked = looked or redis.call('TIME')
    return looked[1] * 1000 + math.floor(looked[2] / 1000)
end
local function near(number, at) return math.max(math.min(number, at + tolerance), at - tolerance) end
local function leave(entry)
    if redis.call('ZREM', QUEUE, entry) == 1 then redis.call('ZREM', SEEN, entry) end
end
local function stale(entry, at) return tonumber(redis.call('ZSCORE', SEEN, entry) or 0) <= at end
-- The first entry that lives. Whoever asks lives, so the own entry is not looked up.
local function first(own)
    local entry = redis.call('ZRANGE', QUEUE, 0, 0)[1]
    if not entry then return nil end
    local at = now()
    while entry and entry ~= own and stale(entry, at) do
        leave(entry)
        entry = redis.call('ZRANGE', QUEUE, 0, 0)[1]
    end
    return entry
end
local function is_group(value) return value == '+holdfast-shared' or value == '+holdfast-slots' end
local function waits_to_share(entry) return string.find(entry, '"kind":"shared"', 1, true) end
-- Publishes to the first in the queue that it may try; if that one waits to share the lock, then to all that wait so.
local function tell_first(turns, words)
    local entry = first()
    if not entry then return end
    local channel = waits_to_share(entry) and 'shared' or string.match(entry, '^%x*')
    redis.pcall('PUBLISH', turns .. channel, words or '')
end
local function last_fence() return tonumber(redis.call('GET', FENCE) or 0) or 0 end
local function set_fence(number) redis.call('SET', FENCE, string.format('%.0f', number), 'PX', fence_lasts) end
local function attempt_of(record, run)
    local of_run, attempt = string.match(record or '', '^(%x+)%.(%d+) ')
    return of_run == run and tonumber(attempt) or nil
end
-- Whether value and record are of one hold: they are the same, or one is what became of the other when min_hold began
-- to keep the lock.
local function is_same_hold(value, record)
    if not value then return false end
    if value == record then return true end
    local token = string.match(record, '^[^ ]+ {')
    local ended = string.find(value, '"ended":', 1, true) or string.find(record, '"ended":', 1, true)
    return token and string.sub(value, 1, #token) == token and ended ~= nil
end
-- The answer to a release that finds the lock not ours: whether force-release took it away. Call before mark_void().
local function not_ours()
    local words = redis.call('GET', VOID)
    return words and words ~= '' and {'revoked', words} or {'not_ours'}
end
local function mark_void(words, lasts)
    if lasts ~= '0' then redis.pcall('SET', VOID, words, 'PX', lasts) end
end
