if redis.call('GET', K) ~= group or redis.call('HGET', RECORDS, me) ~= ours then return {'not_ours'} end
local last, number = last_fence(), tonumber(to)
if last > number or last == number and limit ~= '0' then return {'refused', '', last} end
set_fence(number)
return {'raised', '', number}
