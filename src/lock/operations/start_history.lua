-- Wraps a script that may grant, which is `operate`, and writes a grant into the history.
local answer = operate()
if answer[1] == 'granted' then
    add('start', ours, 'fence', string.format('%.0f', answer[3]), 'waited', waited)
    sum('acquired', 1)
    outlast()
end
return answer
