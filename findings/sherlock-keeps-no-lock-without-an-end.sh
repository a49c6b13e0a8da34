#!/bin/sh
# sherlock's RedisLock with expire=None, "will not expire", is gone at once: acquire() says True, to everybody.
#
# Software: sherlock 0.4.1 with redis-py 6.4.0 (Debian sid). Server: redis 8.0.2 (Debian 13).
# Expected: good guess, and the documentation: with None the key has no TTL, a second acquire() is False, and renew() is True.
# Seen: the first and the second acquire() are both True and no key is in Redis; locked() is False, renew() raises DataError,
#   release() LockException. The script compares its argument, a text in Lua, with the number -1, finds them unequal, and runs
#   EXPIRE with -1, which deletes. With a number of seconds all is as expected.
#   Also: a child of os.fork() that ends by sys.exit() releases its parent's lock (the object's __del__ runs in it); one that
#   ends by os._exit(), as multiprocessing does, leaves it.
# Means: who wants a lock without an end gets no lock. Give a large number of seconds instead. Do not fork under the lock
#   without os._exit().
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

redis_like trixie redis 5:8.0.2-3+deb13u3 server
debian_alone sid python3-redis=6.4.0-3 python3-sherlock=0.4.1-3
serve socket "$work/bin/server"
PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
python3 -c 'import redis, sherlock' || cannot 'Python does not load the packages'
cat >"$work/two.py" <<'PYTHON'
import sys
import redis, sherlock
client = redis.Redis(unix_socket_path=sys.argv[1])
expire = None if sys.argv[2] == 'None' else int(sys.argv[2])
first, second = (sherlock.RedisLock('job', client=client, expire=expire) for _ in range(2))
said = [first.acquire(False), client.exists('job'), first.locked(), second.acquire(False)]
for call in first.renew, first.release:
    try:
        said.append(call())
    except Exception as error:
        said.append(type(error).__name__)
print(*said)
PYTHON
two() { python3 "$work/two.py" "$work/socket" "$1" 2>/dev/null; }
what='first acquire, keys, locked, second acquire, renew, release'
same "expire=60: $what" "$(two 60)" 'True 1 True False True None'
same "expire=None: $what" "$(two None)" 'True 0 False True DataError LockException'

cat >"$work/fork.py" <<'PYTHON'
import os, sys
import redis, sherlock
client = redis.Redis(unix_socket_path=sys.argv[1])
lock = sherlock.RedisLock(sys.argv[2], client=client, expire=60)
said = [lock.acquire(False)]
if os.fork() == 0:
    os._exit(0) if sys.argv[2] == 'os._exit' else sys.exit(0)
os.wait()
print(*said, client.exists(sys.argv[2]))
PYTHON
for way in sys.exit os._exit; do
    case $way in sys.exit) left=0 ;; *) left=1 ;; esac
    same "acquire, keys after a child's $way" "$(python3 "$work/fork.py" "$work/socket" $way 2>/dev/null)" "True $left"
done
verdict
