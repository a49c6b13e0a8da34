if redis.call('EXISTS', VOID) == 1 then return {'revoked'} end
local record = redis.call('GET', K)
local earlier = attempt_of(record, run)
if earlier and earlier < tonumber(attempt) then
    redis.call('DEL', K)
    record = nil
end
local waits = entry ~= ''
local ahead = first(entry)
if waits and (record or (ahead and ahead ~= entry)) then
    enter()
    ahead = first(entry)
end
if not record and (not ahead or ahead == entry) then
    local fence = math.max(known_fence() + 1, near(tonumber(proposal), now()))
    fence = fence + fence % 2
    if ahead then leave(entry) end
    set_fence(fence)
    redis.call('SET', K, ours, 'PX', ttl)
    return {'granted', '', fence}
end
if record then
    local group = is_group(record) and members(now()) or {}
    return {'held', record, redis.call('PTTL', K), position(), group}
end
return {'reserved', ahead, tonumber(redis.call('ZSCORE', SEEN, ahead)) - now(), position()}
