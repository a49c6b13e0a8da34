local void = redis.call('GET', VOID)
if void then return {'revoked', void} end
local record = redis.call('GET', K)
if not record then return {'missing'} end
if record ~= ours then return {'taken'} end
redis.call('PEXPIRE', K, ttl)
redis.call('PEXPIRE', FENCE, fence_lasts)
return {'yours'}
