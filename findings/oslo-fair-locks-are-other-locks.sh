#!/bin/sh
# oslo.concurrency: fair=True is another lock than the plain one of that name, and the end of an inner fair lock frees the
# outer one for other processes.
#
# Software: oslo.concurrency 7.6.1 with Python 3.14 (Debian sid), lockutils.lock(NAME, external=True).
# Expected: good guess. `fair` is about the order of the waiters only, so fair and plain of one name keep each other out.
#   The same name once more in the same thread either waits for ever or is counted. 'a/b' and 'a_b' are two locks.
# Seen: between processes all is well until one process uses both: a thread goes in by the plain lock beside another thread
#   with the fair one, and its end lets other processes in, too. A fair lock within the same fair lock is let in, and
#   its end frees the file while the outer one goes on. The same with 'a_b' in 'a/b' (both have the file a_b). The inner lock
#   of the process is by name and fairness, the outer one is a file that the process has or has not (POSIX), not a count.
#   A lock of the same name with another lock_path waits, though it has another file.
# Means: one name, one fairness, no slash in names, never nested. A function that calls another one which takes the lock as
#   well is not alone any more from there on, without an error.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian sid python3-oslo.concurrency=7.6.1-3
program sid usr/bin/python3 python
PYTHONHOME=$work/sid/usr PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
export PYTHONHOME PYTHONPATH
mkdir "$work/locks" "$work/elsewhere"
# Tries the lock from another process.
cat >"$work/try.py" <<'PYTHON'
import sys
from oslo_concurrency import lockutils
try:
    with lockutils.lock(sys.argv[2], external=True, lock_path=sys.argv[1], blocking=False):
        print('in')
except lockutils.AcquireLockFailedException:
    print('out')
PYTHON
cat >"$work/all.py" <<'PYTHON'
import os, subprocess, sys, threading
from oslo_concurrency import lockutils
work = sys.argv[1]

def lock(name='job', folder='locks', **options):
    return lockutils.lock(name, external=True, lock_path=os.path.join(work, folder), **options)

def other(name='job'):
    """Whether another process gets in."""
    command = [work + '/bin/python', '-W', 'ignore', work + '/try.py', work + '/locks', name]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.strip()

threads = []
def thread(*arguments, **options):
    """Whether another thread gets in and out within two seconds; if not, it gets in later."""
    def go():
        with lock(*arguments, **options):
            pass
    one = threading.Thread(target=go, daemon=True)
    one.start()
    threads.append(one)
    one.join(2)
    return 'out' if one.is_alive() else 'in'

def free():
    """Waits for the threads, as the end of one would free the file of the next lock here."""
    for one in threads:
        one.join()

with lock():
    print('plain:', thread(), other())
free()
with lock(fair=True):
    print('fair:', thread(fair=True), other())
free()
with lock(fair=True):
    before = other()
    print('plain beside fair:', before, thread(), other())
with lock(fair=True):
    with lock(fair=True):
        before = other()
    print('fair in fair:', before, other())
with lock('a/b'):
    with lock('a_b'):
        before = other('a/b')
    print('a_b in a/b:', before, other('a/b'))
with lock('third'):
    print('elsewhere:', thread('third', 'elsewhere'))
PYTHON
"$work/bin/python" -W ignore "$work/all.py" "$work" >"$work/said" || cannot "$(cat "$work/said")"
said() { sed -n "s|^$1: ||p" "$work/said"; }
same 'plain held: another thread, another process' "$(said plain)" 'out out'
same 'fair held: another thread, another process' "$(said fair)" 'out out'
same 'fair held: a process, a thread with the plain one, a process after that' "$(said 'plain beside fair')" 'out in in'
same 'fair in fair: a process during the inner, after it' "$(said 'fair in fair')" 'out in'
same 'a_b in a/b: a process during the inner, after it' "$(said 'a_b in a/b')" 'out in'
same 'held in one lock_path: a thread with the same name in another' "$(said elsewhere)" out
verdict
