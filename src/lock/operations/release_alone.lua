local of_run, held = string.match(redis.call('GET', K) or '', '^(%x+)%.(%d+) ')
if of_run ~= run or tonumber(held) > tonumber(attempt) then return {'not_ours'} end
redis.call('DEL', K)
return {'released'}
