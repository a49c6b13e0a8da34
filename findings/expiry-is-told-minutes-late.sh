#!/bin/sh
# An expired lock is announced late, by half a minute and more, on a server that has other keys with a TTL.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. An invalidation message (CLIENT TRACKING) or the `expired` event comes at most 0.1 s after the
#   end of the TTL, because that is what an empty server does; at most 1 s on a full one.
# Seen: of 20 locks beside 10,000 keys that have a day to live, the last is told 49 s, 43 s and 44 s late (in the order above); with
#   100,000 such keys, one lock each: 391 s, 334 s and 51 s. Any one may be told early or late. Invalidation and event come
#   in the same instant. The server looks for expired keys by samples of those with a TTL, and stops early when few of a
#   sample are expired.
# Means: a waiter that sleeps until it is told sleeps for minutes after a holder has crashed, although the lock is free
#   and the first SET NX would get it. A waiter must know the TTL and try by itself when it is over. Locks on a server
#   that caches sessions as well are the common case.
# Time: about 3 minutes.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

cat >"$work/late.py" <<'PYTHON'
import sys, time
from resp import Connection, wait_for
path, others = sys.argv[1], int(sys.argv[2])
client, waiter = Connection(path), Connection(path)
client.fill(others, 'SET', 'session:%', 'x', 'EX', 86400)
waiter.ask('HELLO', 3)
waiter.ask('CLIENT', 'TRACKING', 'ON')
locks = ['lock:%d' % number for number in range(20)]
for lock in locks:
    client.ask('SET', lock, 'token', 'NX', 'PX', 1000)
    waiter.ask('GET', lock)
over = time.monotonic() + 1
for _ in locks:
    if wait_for(waiter, b'invalidate', 100) is None:
        break
print(round((time.monotonic() - over) * 1000))
PYTHON

for version in redis-7.0.15 redis-8.6.3 valkey-9.1.2; do
    serve "$version-alone" "$work/bin/$version"
    within "$version without other keys: the last of 20 locks is told ms late" "$(python3 "$work/late.py" "$work/$version-alone" 0)" -50 600
    serve "$version-full" "$work/bin/$version"
    within "$version with 10,000 other keys" "$(python3 "$work/late.py" "$work/$version-full" 10000)" 2000 130000
done
verdict
