local record = redis.call('GET', K)
local is_theirs = is_same_hold(record, theirs)
if is_theirs then redis.call('DEL', K) end
mark_void(words, void_for)
if record and not is_theirs then return {'changed'} end
redis.pcall('PUBLISH', revoked_channel, message)
tell_first(turns)
return {record and 'revoked' or 'free', record}
