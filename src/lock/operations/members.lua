-- The members of a group that live, those that end last, at most a hundred, and the member `also` if it lives. Each is
-- three items: member, the rest of its life, its record.
local function members(at, also)
    local found = {}
    local function add(member, ends)
        found[#found + 1] = member
        found[#found + 1] = ends - at
        found[#found + 1] = redis.call('HGET', RECORDS, member) or ''
    end
    local all = redis.call('ZRANGE', MEMBERS, -members_shown, -1, 'WITHSCORES')
    for i = 1, #all, 2 do
        if tonumber(all[i + 1]) > at then add(all[i], all[i + 1]) end
        if all[i] == also then also = nil end
    end
    local ends = also and redis.call('ZSCORE', MEMBERS, also)
    if ends and tonumber(ends) > at then add(also, ends) end
    return found
end
