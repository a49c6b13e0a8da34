#!/bin/sh
# tooz on PostgreSQL keeps two bytes of a lock's name: different names are one lock. And a time limit of idle transactions ends
# the lock, unnoticed.
#
# Software: tooz 9.1.0 with Python 3.14 (Debian sid), driver postgresql (deprecated, but still there). Server: PostgreSQL 17.12.
# Expected: good guess. The name is hashed to the 64 bits that an advisory lock has, so no two names meet in practice. The
#   lock is held by a session that is idle; with NON_TIMEOUT_BASED among its characteristics, no time limit concerns it.
# Seen: the lock of b'index-59' is refused while b'sync-55' is held, and PostgreSQL shows one lock (56, 137), the first two
#   bytes of the MD5 sum: 65,536 locks in all. Of the names job-0 to job-999 four have the number of an earlier one. The
#   session that holds the lock is "idle in transaction"; with idle_in_transaction_session_timeout of 1 s (a usual setting,
#   in minutes) another gets the lock, while `acquired` of the first stays True and its release() raises ToozError.
# Means: with 300 names two of them meet as likely as not; jobs then wait for each other without a reason, and one that
#   takes both waits for itself. Take the redis or the etcd driver, or pg_advisory_lock with a 64-bit hash and autocommit.
# Time: about a minute.
limit=400
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/postgres.sh"

debian sid python3-tooz=9.1.0-2 python3-psycopg2=2.9.13-1+b1
program sid usr/bin/python3 python
PYTHONHOME=$work/sid/usr PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
PGUSER=postgres
export PYTHONHOME PYTHONPATH PGUSER
cat >"$work/names.py" <<'PYTHON'
import sys, time
import psycopg2
from tooz import ToozError, coordination

def driver(who):
    coordinator = coordination.get_coordinator('postgresql:///postgres?host=' + sys.argv[1], who)
    coordinator.start()
    return coordinator

administrator = psycopg2.connect(host=sys.argv[1], dbname='postgres')
administrator.autocommit = True
cursor = administrator.cursor()

def shown():
    cursor.execute("SELECT l.classid, l.objid, a.state FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                   " WHERE l.locktype = 'advisory' AND l.granted")
    return ' '.join(str(word) for row in cursor.fetchall() for word in row)

first, second = driver(b'first'), driver(b'second')
held = first.get_lock(b'sync-55')
held.acquire()
print('shown:', shown())
print('other name:', second.get_lock(b'sync-54').acquire(blocking=False))
print('same number:', second.get_lock(b'index-59').acquire(blocking=False))
held.release()

held = first.get_lock(b'job')
cursor.execute("ALTER ROLE postgres SET idle_in_transaction_session_timeout = '1s'")
held.acquire()
other = second.get_lock(b'job')
tries = [other.acquire(blocking=False)]
time.sleep(3)
tries += [other.acquire(blocking=False), held.acquired]
try:
    tries += [held.release()]
except ToozError:
    tries += ['ToozError']
print('time limit:', *tries)
numbers = {first.get_lock(b'job-%d' % number).key for number in range(1000)}
print('numbers:', len(numbers))
PYTHON
"$work/bin/python" -W ignore "$work/names.py" "$work/data" >"$work/said" 2>"$work/log" || cannot "$(tail -1 "$work/log")"
said() { sed -n "s/^$1: //p" "$work/said"; }
same 'sync-55 held: sync-54' "$(said 'other name')" True
same 'sync-55 held: index-59' "$(said 'same number')" False
same 'the numbers and the session of the lock' "$(said shown)" '56 137 idle in transaction'
same 'numbers of 1,000 names' "$(said numbers)" 996
same 'time limit: second before it, second after it, acquired and release() of the first' \
    "$(said 'time limit')" 'False True True ToozError'
verdict
