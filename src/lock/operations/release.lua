if entry ~= '' then leave(entry) end
local held = attempt_of(redis.call('GET', K), run)
local ours = held and held <= tonumber(attempt)
if ours then redis.call('DEL', K) end
mark_void('', void_for)
if not ours then return {'not_ours'} end
tell_first(turns)
return {'released'}
