#!/bin/sh
# A lock of diskcache that is held is thrown out like any other entry when the cache is full, and the oldest goes first.
#
# Software: python3-diskcache 5.6.3 (Debian sid).
# Expected: good guess. Lock, RLock and BoundedSemaphore have no TTL unless one is asked for, so a held one stays until it is
#   released; the size limit throws out cached values.
# Seen: 2,000 entries of 10 kB set into a cache of 10 MB beside it, and the lock is gone: locked() is False for its holder,
#   and a second gets it at once. The release of the first then takes it from the second, and a third gets in. An RLock says
#   "cannot release un-acquired lock" at the end of its block, a semaphore of one has two holders. The same by
#   "least-recently-used"; with eviction_policy "none" all stay.
# Means: the longer a lock is held the surer it goes, in a cache that is used as one (1 GB by default). Keep locks in a Cache
#   of their own with eviction_policy='none'.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian_alone sid python3-diskcache=5.6.3-3
PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
cat >"$work/full.py" <<'PYTHON'
import multiprocessing, sys
import diskcache
folder, policy = sys.argv[1:]
options = dict(size_limit=10_000_000, eviction_policy=policy)
cache = diskcache.Cache(folder, **options)

def another(take):
    """Whether another process gets in within two seconds."""
    process = multiprocessing.get_context('fork').Process(target=lambda: take(diskcache.Cache(folder, **options)).acquire())
    process.start()
    process.join(2)
    got = not process.is_alive()
    process.kill()
    process.join()
    return 'in' if got else 'out'

lock, rlock = diskcache.Lock(cache, 'lock'), diskcache.RLock(cache, 'rlock')
semaphore = diskcache.BoundedSemaphore(cache, 'semaphore', value=1)
lock.acquire(), rlock.acquire(), semaphore.acquire()
said = [another(lambda c: diskcache.Lock(c, 'lock'))]
for number in range(2000):
    cache.set(number, b'x' * 10000)
said += [str(lock.locked()), another(lambda c: diskcache.Lock(c, 'lock'))]
lock.release()
said += [another(lambda c: diskcache.Lock(c, 'lock'))]
try:
    rlock.release()
    said += ['released']
except AssertionError as error:
    said += [str(error)]
said += [another(lambda c: diskcache.BoundedSemaphore(c, 'semaphore', value=1))]
print(', '.join(said))
PYTHON
for policy in least-recently-stored least-recently-used none; do
    case $policy in
    none) expected='out, True, out, in, released, out' ;;
    *) expected='out, False, in, in, cannot release un-acquired lock, in' ;;
    esac
    same "$policy: second, locked(), second when full, third after the first's release, RLock, semaphore" \
        "$(python3 "$work/full.py" "$work/$policy" "$policy")" "$expected"
done
verdict
