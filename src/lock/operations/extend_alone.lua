local record = redis.call('GET', K)
if not record then return {'missing'} end
if record ~= ours then return {'taken'} end
redis.call('PEXPIRE', K, ttl)
return {'yours'}
