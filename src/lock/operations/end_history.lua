-- Wraps a script that ends a hold.
local answer = operate()
local function note()
    local entry = {}
    for word in string.gmatch(details, '[^\n]+') do entry[#entry + 1] = word end
    local at = string.match(redis.call('XADD', LOG, 'MAXLEN', '~', history, '*', 'end', token, unpack(entry)), '^%d+')
    if redis.call('HGET', STATS, 'last') ~= token then
        for name, number in string.gmatch(sums, '(%S+) (%S+)') do redis.call('HINCRBY', STATS, name, number) end
        if undone == '0' then redis.call('HSET', STATS, 'last', token, 'last_start', string.format('%.0f', at - held)) end
        if succeeded == '1' then redis.call('HSET', STATS, 'last_success', at) end
    end
    last()
end
if undone == '0' or answer[1] == when then pcall(note) end
return answer
