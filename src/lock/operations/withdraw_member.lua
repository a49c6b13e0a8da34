leave(entry)
local value = redis.call('GET', K)
if value == group then
    drop_run(run, math.huge)
    if not settle(now()) then value = nil end
end
mark_void('', void_for)
if not value or is_group(value) then tell_first(turns) end
return {'done'}
