#!/bin/sh
# Inside a script, cjson and tostring() keep 14 digits of a number; a time in microseconds has 16.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), redict 7.3.6 (Debian
#   sid): all alike.
# Expected: good guess. Lua's numbers are doubles, so every integer below 2^53 (16 digits) is exact, however it leaves
#   the script.
# Seen: exact as a reply, as an argument of redis.call and through cmsgpack. cjson.encode, tostring() and `..` write
#   1764356789123456 as 1.7643567891235e+15 and 100000000000001 as 1e+14.
# Means: a fence number or a deadline in microseconds that a script puts into JSON or into a text is rounded to tens of
#   microseconds: different holders get the same number, and a comparison of texts fails. Use string.format('%.0f', n), or
#   keep the number a string from the first to the last.
# Time: about a minute.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2
redis_like sid redict 7.3.6+ds-3 redict-7.3.6

for version in redis-7.0.15 redis-8.6.3 valkey-9.1.2 redict-7.3.6; do
    serve "$version" "$work/bin/$version"
    answer() { "$work/bin/cli" -s "$work/$version" EVAL "local n = 1764356789123456; return $1" 0; }
    same "$version reply" "$(answer n)" 1764356789123456
    same "$version SET and GET" "$(answer "(redis.call('SET', 'k', n) and redis.call('GET', 'k'))")" 1764356789123456
    same "$version string.format" "$(answer "string.format('%.0f', n)")" 1764356789123456
    same "$version cmsgpack" "$(answer 'cmsgpack.unpack(cmsgpack.pack(n))')" 1764356789123456
    same "$version tostring" "$(answer 'tostring(n)')" 1.7643567891235e+15
    same "$version .." "$(answer "n .. ''")" 1.7643567891235e+15
    same "$version cjson" "$(answer 'cjson.encode({n})')" '[1.7643567891235e+15]'
    same "$version cjson of 15 digits" "$(answer 'cjson.encode({100000000000001})')" '[1e+14]'
done
verdict
