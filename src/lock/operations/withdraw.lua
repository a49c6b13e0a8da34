leave(entry)
local record = redis.call('GET', K)
if attempt_of(record, run) then
    redis.call('DEL', K)
    record = nil
end
mark_void('', void_for)
if not record or is_group(record) then tell_first(turns) end
return {'done'}
