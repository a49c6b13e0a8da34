-- Wraps a script that grants.
local answer = operate()
if answer[1] == 'granted' then
    add('start', ours, 'fence', string.format('%.0f', answer[3]), 'waited', waited)
    sum('acquired', 1)
    outlast()
end
return answer
