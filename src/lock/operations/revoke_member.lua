local value = redis.call('GET', K)
local record = value == group and redis.call('HGET', RECORDS, me)
if record == theirs then
    drop(me)
    settle(now())
end
mark_void(words, void_for)
if value and value ~= group or record and record ~= theirs then return {'changed'} end
redis.pcall('PUBLISH', revoked_channel, message)
tell_first(turns)
return {record and 'revoked' or 'free'}
