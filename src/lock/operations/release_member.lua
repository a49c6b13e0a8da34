if entry ~= '' then leave(entry) end
local in_group = redis.call('GET', K) == group
local freed = in_group and select(2, drop_run(run, tonumber(attempt)))
local goes_on = in_group and settle(now())
local answer = freed == me and {'released'} or not_ours()
mark_void('', void_for)
if freed and limit ~= '0' then tell_first(turns, freed) elseif freed and not goes_on then tell_first(turns) end
return answer
