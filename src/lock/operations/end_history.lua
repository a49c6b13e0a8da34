-- Wraps a script that ends a hold, which is `operate`, and then writes the end into the history.
local answer = operate()
local function newest() return redis.pcall('XREVRANGE', LOG, '+', '-', 'COUNT', 50) end
local function has_ended()
    for _, entry in ipairs(newest()) do
        if entry[2][1] == 'end' and entry[2][2] == token then return true end
    end
end
-- Takes the start of a grant that was no win out of the log; false if that is refused. A log in which such starts and their
-- ends stayed would soon have nothing else: a run tries several times a second as long as too few nodes grant.
local function drop_start()
    local log = newest()
    if log.err then return false end
    for _, entry in ipairs(log) do
        if entry[2][1] == 'start' and string.sub(entry[2][2], 1, #token + 1) == token .. ' ' then
            if redis.pcall('XDEL', LOG, entry[1]) ~= 1 then return false end
            sum('acquired', -1)
            outlast()
            return true
        end
    end
    return true
end
local function note()
    if undone == '1' and drop_start() then return end
    -- Whether the log may have the end already, so that the sums must not count it again: a copy of a request finds the
    -- key gone, or kept; and a lock that min_hold kept can be taken away after its end.
    local again = not (answer[1] == when and when == 'released') and has_ended()
    local id = add('end', token, unpack(ARGV, rest))
    local at = type(id) == 'string' and string.match(id, '^%d+') or now()
    if not again then
        if undone == '1' then
            sum('acquired', -1)
        else
            sum('held_ms', held)
            if waited ~= '0' then sum('waited_ms', waited) end
            if tally ~= '' then sum(tally, 1) end
            local start = string.format('%.0f', at - held)
            if succeeded == '1' then
                set('last_start', start, 'last_success', at)
            else
                set('last_start', start)
            end
        end
    end
    outlast()
end
if wherever == '1' or answer[1] == when then pcall(note) end
return answer
