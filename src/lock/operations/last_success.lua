-- What the scripts with --once-in share. Returns the age of the last success, how long its mark still lasts, and its
-- record; nothing without a mark, which is "LASTS RECORD" (lock/record.hpp).
local function last_success()
    local lasts, record = string.match(redis.call('GET', DONE) or '', '^(%d+) (.*)$')
    local left = redis.call('PTTL', DONE)
    if lasts and left > 0 then return lasts - left, left, record end
end
