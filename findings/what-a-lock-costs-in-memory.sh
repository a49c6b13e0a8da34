#!/bin/sh
# 100,000 locks take 14 to 20 MB, a third more than one counts; valkey 9 needs a third less than redis 7, 8.0 and redict.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2, redict 7.3.6 (Debian sid).
# Expected: good guess. A SET with 40 bytes of key, 40 bytes of value and a TTL takes 150 bytes with redis 7 and redict,
#   130 with redis 8.6, 110 with valkey 9.
# Seen: 197, 203, 159 to 170 and 139 bytes (redis 7.0.15, redict, redis 8.6.3, valkey), all tables included, each with
#   100,000 of them.
# Means: plan 200 bytes for each lock that is held at once, and the same again for what a client keeps beside it (fence,
#   queue). A move to valkey 9 or redis 8.6 gives room under maxmemory; one to redict does not.
# Time: about a minute and a half.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2
redis_like sid redict 7.3.6+ds-3 redict-7.3.6

cat >"$work/memory.py" <<'PYTHON'
import sys
from resp import Connection
client = Connection(sys.argv[1])
def used():
    return int(client.ask('INFO', 'memory').split(b'used_memory:')[1].split(b'\r')[0])
before = used()
client.fill(100000, 'SET', 'lock:' + 'n' * 27 + '%', 't' * 32 + '%', 'PX', 3600000)
print(round((used() - before) / 100000))
PYTHON
cost() {
    serve "$1" "$work/bin/$1"
    within "$1: bytes a lock" "$(python3 "$work/memory.py" "$work/$1")" "$2" "$3"
}
cost redis-7.0.15 180 215
cost redict-7.3.6 180 215
cost redis-8.6.3 145 185
cost valkey-9.1.2 125 150
verdict
