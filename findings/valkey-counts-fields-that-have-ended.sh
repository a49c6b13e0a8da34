#!/bin/sh
# Valkey counts fields of a hash whose TTL is over for many seconds, and WATCH does not see them end: a semaphore of fields
# stays full, a guarded transaction goes through.
#
# Software: redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. A permit of a semaphore is a field with a TTL (HSETEX, the same words in both); HLEN counts those
#   that live, as EXISTS does with keys, or is late by 0.1 s. Who has WATCHed the hash and read a field cannot EXEC when the
#   field has ended since, as with a key that has ended.
# Seen: HLEN counts ended fields in both until the server has cleared them away, while HGET says nil. Redis does that within
#   0.1 s, beside 10,000 other hashes with a field that has a day to live too. Valkey does so alone, but beside those others
#   most of twenty hashes are counted wrong for more than ten seconds, EXISTS says 1 of a hash without any field, and EXEC is
#   done after its own connection has seen the field end. In Redis a read of the ended field makes EXEC fail; without a read
#   EXEC goes through as well, within that 0.1 s. With a key EXEC always fails.
# Means: nobody gets a permit that is free, for as long as it takes, if HLEN decides. Count the answers of HVALS or HKEYS,
#   which leave out what has ended, and look at the field inside of a script rather than before MULTI.
# Time: about a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

# late.py SOCKET: of twenty hashes with one field each, ended: how many HLEN and EXISTS still count after ten seconds, and
# how many fields HKEYS then gives
cat >"$work/late.py" <<'PYTHON'
import sys, time
from resp import Connection
client = Connection(sys.argv[1])
names = ['semaphore:%d' % number for number in range(20)]
for name in names:
    client.ask('HSETEX', name, 'PX', 500, 'FIELDS', 1, 'holder', 'token')
time.sleep(10.5)
print(*(sum(count(name) for name in names) for count in (
    lambda name: int(client.ask('HLEN', name)),
    lambda name: int(client.ask('EXISTS', name)),
    lambda name: len(client.ask('HKEYS', name)))))
PYTHON

# watch.py SOCKET HOW: of 20 transactions whose field (HOW is "key": whose key) ended after WATCH, how many are done.
# HOW "read": the same connection reads the field, which is nil by then, before MULTI.
cat >"$work/watch.py" <<'PYTHON'
import sys, time
from resp import Connection
client, how, done = Connection(sys.argv[1]), sys.argv[2], 0
for _ in range(20):
    client.ask('DEL', 'lock')
    client.ask('HSET', 'lock', 'name', 'job')
    end = int(time.time() * 1000) + 30
    if how == 'key':
        client.ask('PEXPIREAT', 'lock', end)
    else:
        client.ask('HSETEX', 'lock', 'PXAT', end, 'FIELDS', 1, 'holder', 'token')
    client.ask('WATCH', 'lock')
    while time.time() * 1000 < end + 2:
        time.sleep(0.001)
    if how == 'read' and client.ask('HGET', 'lock', 'holder') is not None:
        sys.exit('the field has not ended')
    client.ask('MULTI')
    client.ask('INCR', 'work')
    client.send('EXEC')
    done += client.stream.readline() == b'*1\r\n' and bool(client.read())
print(done)
PYTHON

for version in redis-8.6.3 valkey-9.1.2; do
    serve "$version" "$work/bin/$version"
    case $version in redis*) read=0 ;; *) read=20 ;; esac
    same "$version, alone: HLEN, EXISTS, HKEYS of twenty ended fields" "$(python3 "$work/late.py" "$work/$version")" '0 0 0'
    same "$version, EXEC done after the end of a key" "$(python3 "$work/watch.py" "$work/$version" key)" 0
    within "$version, EXEC done after the end of a field" "$(python3 "$work/watch.py" "$work/$version" field)" 10 20
    within "$version, EXEC done, after the field was read as nil" "$(python3 "$work/watch.py" "$work/$version" read)" $((read / 2)) "$read"
    python3 -c 'import sys; from resp import Connection
Connection(sys.argv[1]).fill(10000, "HSETEX", "session:%", "EX", 86400, "FIELDS", 1, "user", "x")' "$work/$version"
    # shellcheck disable=SC2046 # three numbers
    set -- $(python3 "$work/late.py" "$work/$version")
    case $version in
    redis*) same "$version, beside 10,000 others: HLEN, EXISTS, HKEYS" "$*" '0 0 0' ;;
    *)
        within "$version, beside 10,000 others: HLEN of twenty" "$1" 6 20
        within "$version, EXISTS of twenty" "$2" 6 20
        same "$version, HKEYS of twenty" "$3" 0
        ;;
    esac
done
verdict
