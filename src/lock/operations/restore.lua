local void = redis.call('GET', VOID)
if void then return {'revoked', void} end
local record = redis.call('GET', K)
if record and record ~= ours then return {'taken'} end
redis.call('SET', K, ours, 'PX', ttl)
set_fence(math.max(last_fence(), tonumber(fence)))
return {'yours'}
