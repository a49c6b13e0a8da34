#!/bin/sh
# A script works for a while and then sets a key with a TTL: on newer servers the TTL counts from the script's begin.
#
# Software: redis 7.0.15 (Debian 12), redis 8.0.2 (Debian 13), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. PX counts from the moment of the SET, and the time of its line in MONITOR is that moment.
# Seen: redis 7.0.15 does so. For redis 8.0.2 and valkey 9.1.2 time stands still in a script: a key that is set with
#   PX 2000 after 300 ms of work has 1700 ms left when the script is over, while PTTL within the script says 2000. The
#   line of SET in MONITOR has the later time, from which its TTL does not count.
# Means: a lock that a long script takes is shorter than it was asked for, and a look at the log of commands does not tell.
#   Count a lease from before the request was sent. What ends a key too early on paper may have been in time.
# Time: about a minute.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like trixie redis 5:8.0.2-3+deb13u3 redis-8.0.2
redis_like sid valkey 9.1.2-1 valkey-9.1.2

# lacks SOCKET: tenths of the script's work that the TTL lacks afterwards; and what PTTL says within the script
lacks() {
    python3 - "$1" <<'PYTHON'
import sys
import time

from resp import Connection

WORK = """local n = 0
for i = 1, ARGV[1] do n = n + i end
redis.call('SET', 'lock', 'mine', 'PX', 20000)
return redis.call('PTTL', 'lock')"""

server = Connection(sys.argv[1])
turns = 1000000
while True:
    begun = time.monotonic()
    inside = server.ask('EVAL', WORK, 0, turns)
    worked = time.monotonic() - begun
    left = server.ask('PTTL', 'lock')
    if worked > 0.3:
        break
    turns *= 2
print(int(inside), round((20000 - int(left)) / (worked * 1000) * 10))
PYTHON
}

for version in redis-7.0.15 redis-8.0.2 valkey-9.1.2; do
    serve "$version" "$work/bin/$version"
    seen=$(lacks "$work/$version")
    same "$version: PTTL within the script" "${seen% *}" 20000
    case $version in
    redis-7.0.15) within "$version: tenths of the work that the TTL lacks" "${seen#* }" 0 1 ;;
    *) within "$version: tenths of the work that the TTL lacks" "${seen#* }" 9 11 ;;
    esac
done
verdict
