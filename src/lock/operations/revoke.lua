local record = redis.call('GET', K)
if record == theirs then redis.call('DEL', K) end
mark_void(words, void_for)
if record and record ~= theirs then return {'changed'} end
redis.pcall('PUBLISH', revoked_channel, message)
tell_first(turns)
return {record and 'revoked' or 'free'}
