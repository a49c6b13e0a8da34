-- The members of a group that live, at most a hundred: member, the rest of its life, its record.
local function members(at)
    local found = {}
    local all = redis.call('ZRANGE', MEMBERS, -members_shown, -1, 'WITHSCORES')
    for i = 1, #all, 2 do
        if tonumber(all[i + 1]) > at then
            found[#found + 1] = all[i]
            found[#found + 1] = all[i + 1] - at
            found[#found + 1] = redis.call('HGET', RECORDS, all[i]) or ''
        end
    end
    return found
end
