if redis.call('EXISTS', VOID) == 1 then return {'revoked'} end
local at = now()
local value = redis.call('GET', K)
if value == group and not lasts_on(at) then value = nil end
local shared = limit == '0'
-- Where this run is a member already: an earlier attempt gives way to this one, a later one stays.
local taken, later = {}, false
if value == group then
    local others, freed = drop_run(run, attempt - 1)
    for member, record in pairs(others) do
        if lives(member, at) then
            taken[member] = true
            later = later or attempt_of(record, run)
        end
    end
    if freed and not settle(at) then value = nil end
end
local fits = not value or is_of(value) and not taken[me] and not later
-- The first in line for which this run has to wait: for a run with a slot, the first of all, which may be the run
-- itself; for a run that shares, the first before it that does not share.
local function blocker()
    if not shared then return first(entry) end
    local line = redis.call('ZRANGE', QUEUE, 0, places_shown - 1)
    for _, one in ipairs(line) do
        if one == entry then return nil end
        if not waits_to_share(one) and not stale(one, at) then return one end
    end
    -- So many are before this run that it may not see those that do not share. If some are stale, a later look sees more.
    if line[places_shown] then
        for _, one in ipairs(line) do
            if stale(one, at) then leave(one) end
        end
    end
    return line[places_shown]
end
local ahead = blocker()
if entry ~= '' and (not fits or (ahead and ahead ~= entry)) then
    enter()
    ahead = blocker()
end
if fits and (not ahead or ahead == entry) then
    local last, fence = known_fence(), near(tonumber(proposal), at)
    if not shared then fence = math.max(last + 1, fence) elseif last > 0 then fence = last end
    if fence % 2 == (shared and 0 or 1) then fence = fence + 1 end
    if entry ~= '' then leave(entry) end
    set_fence(fence)
    put(at, not value)
    taken[me] = true
    local next = first()
    if next and shared then
        if not value and waits_to_share(next) then tell_first(turns) end
    elseif next then
        for number = 1, tonumber(limit) do
            if not taken[tostring(number)] then
                tell_first(turns, tostring(number))
                break
            end
        end
    end
    return {'granted', '', fence}
end
if fits then return {'reserved', ahead, tonumber(redis.call('ZSCORE', SEEN, ahead) or at) - at, position(), members(at)} end
return {'held', value, redis.call('PTTL', K), position(), is_group(value) and members(at) or {}}
