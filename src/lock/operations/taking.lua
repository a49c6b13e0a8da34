-- What the scripts share that take a lock or enter the queue.
local function enter()
    local at = now()
    redis.call('ZADD', QUEUE, 'NX', near(tonumber(since), at - waited), entry)
    redis.call('ZADD', SEEN, at + lasts, entry)
    redis.call('PEXPIRE', QUEUE, queue_lasts)
    redis.call('PEXPIRE', SEEN, queue_lasts)
end
local function position() return entry ~= '' and (redis.call('ZRANK', QUEUE, entry) or -1) + 1 or 0 end
local function known_fence()
    local last = last_fence()
    if last > 0 then return last end
    local of_earlier_version = redis.pcall('GET', earlier_fence)
    return type(of_earlier_version) == 'string' and tonumber(of_earlier_version) or 0
end
