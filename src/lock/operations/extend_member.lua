local void = redis.call('GET', VOID)
if void then return {'revoked', void} end
local value = redis.call('GET', K)
if not value then return {'missing'} end
if value ~= group then return {'taken'} end
local at = now()
if not lives(me, at) then return {'missing'} end
if redis.call('HGET', RECORDS, me) ~= ours then return {'taken'} end
-- In this order: a full server refuses ZADD, unless the script has written before.
redis.call('PEXPIRE', K, ttl)
redis.call('ZADD', MEMBERS, 'XX', at + ttl, me)
settle(at)
redis.call('PEXPIRE', FENCE, fence_lasts)
if entry ~= '' then leave(entry) end
return {'yours'}
