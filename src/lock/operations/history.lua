-- What the scripts share that write into the history. Each command stands by itself, so that one that is refused leaves no
-- key without its TTL.
local function add(...) return redis.pcall('XADD', LOG, 'MAXLEN', '~', history, '*', ...) end
local anew = false -- whether the sums may have no TTL, because they begin
local function sum(name, number)
    if redis.pcall('HINCRBY', STATS, name, number) == tonumber(number) then anew = true end
end
local function set(...)
    local fields = redis.pcall('HSET', STATS, ...)
    if type(fields) == 'number' and fields > 0 then anew = true end
end
local function outlast()
    if not anew and (tonumber(redis.pcall('PTTL', LOG)) or -1) >= fence_lasts then return end
    redis.pcall('PEXPIRE', LOG, history_lasts)
    redis.pcall('PEXPIRE', STATS, history_lasts)
end
