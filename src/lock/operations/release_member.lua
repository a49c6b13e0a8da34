if entry ~= '' then leave(entry) end
local in_group = redis.call('GET', K) == group
local held = in_group and attempt_of(redis.call('HGET', RECORDS, me), run)
local ours = held and held <= tonumber(attempt)
if in_group then drop_run(run, tonumber(attempt)) end
local goes_on = in_group and settle(now())
mark_void('', void_for)
if not ours then return {'not_ours'} end
if limit ~= '0' then tell_first(turns, me) elseif not goes_on then tell_first(turns) end
return {'released'}
