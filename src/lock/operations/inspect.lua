local at = now()
local queue = {}
local places = redis.call('ZRANGE', QUEUE, 0, places_shown - 1, 'WITHSCORES')
for i = 1, #places, 2 do
    if tonumber(redis.call('ZSCORE', SEEN, places[i]) or 0) > at then
        queue[#queue + 1] = places[i]
        queue[#queue + 1] = at - places[i + 1]
    end
end
local record = redis.call('GET', K)
local waiting = redis.call('ZCOUNT', SEEN, '(' .. string.format('%.0f', at), '+inf')
return {record and 'held' or 'free', record or '', redis.call('PTTL', K), 0, last_fence(), queue, waiting,
        {redis.call('GET', DONE) or '', redis.call('PTTL', DONE)},
        is_group(record) and members(at, run) or {}}
