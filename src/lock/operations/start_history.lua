-- Wraps a script that grants.
local answer = operate()
if answer[1] == 'granted' then
    pcall(function()
        redis.call('XADD', LOG, 'MAXLEN', '~', history, '*', 'start', ours, 'fence', string.format('%.0f', answer[3]), 'waited', waited)
        redis.call('HINCRBY', STATS, 'acquired', 1)
        outlast()
    end)
end
return answer
