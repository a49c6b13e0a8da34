-- Wraps the last extend of a member's seat that is kept. If the request comes twice, the second finds `kept` there, and
-- gets the same answer.
local function extended()
    if redis.call('GET', K) == group and redis.call('HGET', RECORDS, me) == kept then return {'yours'} end
    return operate()
end
local answer = extended()
if answer[1] == 'yours' then redis.pcall('HSET', RECORDS, me, kept) end
return answer
