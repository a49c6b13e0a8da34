#!/bin/sh
# A memcached lock (`add` with a TTL) is free up to a second before its TTL is over; one of 1 s may last 0.02 s.
#
# Software: memcached 1.6.45 (Debian sid).
# Expected: good guess. An item with a TTL of N seconds lives at least N seconds, and up to one more, as the server counts
#   in whole seconds.
# Seen: TTL 1: 0.02 to 0.66 s. TTL 2: 1.03 to 1.92 s. TTL 3: 2.07 to 2.96 s. Never the whole TTL, in 40 tries.
# Means: what takes locks by add (Django's and Celery's cache.add recipe, and every cache with memcached behind it) must
#   count on TTL - 1 s; a TTL of 1 s is no lock.
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian sid memcached=1.6.45-1
program sid usr/bin/memcached memcached
"$work/bin/memcached" -u "$(id -un)" -s "$work/socket" &
remember $!
until_true 5 test -S "$work/socket" || cannot 'memcached does not start'

cat >"$work/lives.py" <<'PYTHON'
import random, socket, sys, time
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
stream = link.makefile('rb')
def add(key, ttl):
    link.sendall(b'add %s 0 %d 1\r\nx\r\n' % (key, ttl))
    return stream.readline() == b'STORED\r\n'
ttl, lives = int(sys.argv[2]), []
for number in range(8):
    time.sleep(random.random())
    key = b'lock-%d-%d' % (ttl, number)
    started = time.monotonic()
    assert add(key, ttl)
    while not add(key, 100):
        time.sleep(0.002)
    lives.append(round((time.monotonic() - started) * 1000))
print(min(lives), max(lives))
PYTHON

for ttl in 1 2 3; do
    # shellcheck disable=SC2046
    set -- $(python3 "$work/lives.py" "$work/socket" $ttl)
    within "TTL $ttl s: shortest life in ms" "$1" $((ttl * 1000 - 1050)) $((ttl * 1000 - 300))
    within "TTL $ttl s: longest life in ms" "$2" $((ttl * 1000 - 1000)) $((ttl * 1000 + 50))
done
verdict
