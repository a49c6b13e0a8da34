local void = redis.call('GET', VOID)
if void then return {'revoked', void} end
local at = now()
local value = redis.call('GET', K)
if value == group and not settle(at) then value = nil end
if value and (not is_of(value) or lives(me, at) and redis.call('HGET', RECORDS, me) ~= ours) then return {'taken'} end
put(at, not value)
set_fence(math.max(last_fence(), tonumber(fence)))
if entry ~= '' then leave(entry) end
return {'yours'}
