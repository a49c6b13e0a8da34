if entry ~= '' then leave(entry) end
local held = attempt_of(redis.call('GET', K), run)
local ours = held and held <= tonumber(attempt)
local answer = {'released'}
if ours then redis.call('DEL', K) else answer = not_ours() end
mark_void('', void_for)
if ours then tell_first(turns) end
return answer
