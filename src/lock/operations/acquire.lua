if redis.call('EXISTS', VOID) == 1 then return {'revoked'} end
local record = redis.call('GET', K)
local earlier = attempt_of(record, run)
if earlier and earlier < tonumber(attempt) then
    redis.call('DEL', K)
    record = nil
end
local waits = entry ~= ''
local ahead = first()
if waits and (record or (ahead and ahead ~= entry)) then
    local at = now()
    redis.call('ZADD', QUEUE, 'NX', near(tonumber(since), at - waited), entry)
    redis.call('ZADD', SEEN, at + lasts, entry)
    redis.call('PEXPIRE', QUEUE, queue_lasts)
    redis.call('PEXPIRE', SEEN, queue_lasts)
    ahead = first()
end
if not record and (not ahead or ahead == entry) then
    local last = last_fence()
    if last == 0 then
        local of_earlier_version = redis.pcall('GET', earlier_fence)
        last = type(of_earlier_version) == 'string' and tonumber(of_earlier_version) or 0
    end
    local fence = math.max(last + 1, near(tonumber(proposal), now()))
    if ahead then leave(entry) end
    set_fence(fence)
    redis.call('SET', K, ours, 'PX', ttl)
    return {'granted', '', fence}
end
local position = waits and (redis.call('ZRANK', QUEUE, entry) or -1) + 1 or 0
if record then return {'held', record, redis.call('PTTL', K), position} end
return {'reserved', ahead, tonumber(redis.call('ZSCORE', SEEN, ahead)) - now(), position}
