local age, left = last_success()
if age and age < tonumber(once_in) then return {'skipped', redis.call('GET', DONE), left} end
