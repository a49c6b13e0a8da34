-- What the scripts share for a member of a group. K has the group's value; MEMBERS scores each member by the instant at
-- which it ends; RECORDS has the members' records, and under `of` how many slots there are.
local function lives(member, at) return tonumber(redis.call('ZSCORE', MEMBERS, member) or 0) > at end
local function drop(member)
    redis.call('ZREM', MEMBERS, member)
    redis.call('HDEL', RECORDS, member)
end
-- Makes K end with the last member, or deletes it if none lives; returns whether one does. Drops few ended members at a
-- time, so that other clients do not wait.
local function settle(at)
    local soonest = redis.call('ZRANGE', MEMBERS, 0, 19, 'WITHSCORES')
    for i = 1, #soonest, 2 do
        if tonumber(soonest[i + 1]) <= at then drop(soonest[i]) end
    end
    local last = redis.call('ZRANGE', MEMBERS, -1, -1, 'WITHSCORES')[2]
    if not last or tonumber(last) <= at then
        redis.call('DEL', K, MEMBERS, RECORDS)
        return false
    end
    for _, key in ipairs({K, MEMBERS, RECORDS}) do redis.call('PEXPIRE', key, last - at) end
    return true
end
-- As settle(), of a group in which nothing has changed since the last settle() but the time.
local function lasts_on(at)
    local soonest = redis.call('ZRANGE', MEMBERS, 0, 0, 'WITHSCORES')[2]
    return soonest and tonumber(soonest) > at or settle(at)
end
-- Takes away the places that attempts of the run up to `last` have; of a shared lock only the place `me`. Returns the
-- other members with their records, and one of the places taken away, if there is one: `me` before others.
local function drop_run(run, last)
    local rest, freed = {}, nil
    local all = limit == '0' and {me, redis.call('HGET', RECORDS, me)} or redis.call('HGETALL', RECORDS)
    for i = 1, #all, 2 do
        local of_run = attempt_of(all[i + 1], run)
        if of_run and of_run <= last then
            drop(all[i])
            if all[i] == me or (freed ~= me and all[i] < (freed or '~')) then freed = all[i] end
        else
            rest[all[i]] = all[i + 1]
        end
    end
    return rest, freed
end
local function is_of(value) return value == group and redis.call('HGET', RECORDS, 'of') == limit end
-- Makes `me` a member. If the group `begins`, it is emptied first: its keys may be left from a group whose K was
-- deleted.
local function put(at, begins)
    if begins then redis.call('DEL', MEMBERS, RECORDS) end
    redis.call('SET', K, group, 'PX', ttl)
    redis.call('ZADD', MEMBERS, at + ttl, me)
    redis.call('HSET', RECORDS, me, ours, 'of', limit)
    settle(at)
end
