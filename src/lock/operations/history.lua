-- What the scripts share that write into the history.
local function outlast()
    redis.call('PEXPIRE', LOG, fence_lasts)
    redis.call('PEXPIRE', STATS, fence_lasts)
end
