local value = redis.call('GET', K)
local record = value == group and redis.call('HGET', RECORDS, me)
local is_theirs = record and is_same_hold(record, theirs)
if is_theirs then
    drop(me)
    settle(now())
end
mark_void(words, void_for)
if value and value ~= group or record and not is_theirs then return {'changed'} end
redis.pcall('PUBLISH', revoked_channel, message)
tell_first(turns)
return {record and 'revoked' or 'free', record}
