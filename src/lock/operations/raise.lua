if redis.call('GET', K) ~= ours then return {'not_ours'} end
local last = last_fence()
if last >= tonumber(to) then return {'refused', '', last} end
set_fence(tonumber(to))
return {'raised', '', tonumber(to)}
