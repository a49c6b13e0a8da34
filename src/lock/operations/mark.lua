-- Writes the mark after the operation, unless the lock was taken away or another run has it. A mark that is there is
-- never shortened; of two successes the later one counts.
local taken_away = (redis.call('GET', VOID) or '') ~= ''
local function mark()
    if taken_away or (redis.call('GET', K) or success) ~= success then return false end
    local since, lasts, record = tonumber(age), tonumber(left), success
    local earlier, earlier_left, earlier_record = last_success()
    if earlier and earlier < since then since, record = earlier, earlier_record end
    if earlier then lasts = math.max(lasts, earlier_left) end
    redis.call('SET', DONE, string.format('%.0f %s', since + lasts, record), 'PX', string.format('%.0f', lasts))
    return true
end
local answer = operate()
local succeeded, marked = pcall(mark)
return {answer[1], answer[2] or '', 0, 0, succeeded and marked and 1 or 0}
