-- Wraps a script that ends a hold.
local answer = operate()
local function has_ended()
    for _, entry in ipairs(redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 50)) do
        if entry[2][1] == 'end' and entry[2][2] == token then return true end
    end
end
local function note()
    -- A copy of a request finds the key gone, or kept.
    local again = (answer[1] ~= when or when == 'yours') and has_ended()
    local entry = {}
    for word in string.gmatch(details, '[^\n]+') do entry[#entry + 1] = word end
    local at = string.match(redis.call('XADD', LOG, 'MAXLEN', '~', history, '*', 'end', token, unpack(entry)), '^%d+')
    if not again then
        for name, number in string.gmatch(sums, '(%S+) (%S+)') do redis.call('HINCRBY', STATS, name, number) end
        if undone == '0' then redis.call('HSET', STATS, 'last_start', string.format('%.0f', at - held)) end
        if succeeded == '1' then redis.call('HSET', STATS, 'last_success', at) end
    end
    outlast()
end
if undone == '0' or answer[1] == when then pcall(note) end
return answer
