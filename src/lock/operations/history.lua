-- What the scripts share that write into the history. Each command stands by itself, so that one that is refused leaves no
-- key without its TTL.
local function add(...) return redis.pcall('XADD', LOG, 'MAXLEN', '~', history, '*', ...) end
local function sum(name, number) redis.pcall('HINCRBY', STATS, name, number) end
local function outlast()
    redis.pcall('PEXPIRE', LOG, fence_lasts)
    redis.pcall('PEXPIRE', STATS, fence_lasts)
end
