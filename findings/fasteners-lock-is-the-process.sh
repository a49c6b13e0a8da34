#!/bin/sh
# Two fasteners.InterProcessLock of one process both have the lock, and the release of one takes it from the other as well.
#
# Software: fasteners 0.20 (Debian sid), which oslo.concurrency and with it OpenStack's services lock files by.
# Expected: good guess. A lock object that says `acquired` keeps all others out, those of its own process (other threads,
#   other libraries) too, as filelock's and portalocker's do.
# Seen: both acquire at once. When the second is released, another process gets the lock, while the first still says that
#   it has it.
# Means: the lock belongs to the process (fcntl locks): a thread pool that makes a lock object for each task has none
#   between its tasks, and loses that against other processes when the first task ends. Keep one object for each path.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian_alone sid python3-fasteners=0.20-3
PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
cd "$work" || exit 2
set -- "$(python3 -c '
import fasteners, subprocess, sys
first, second = fasteners.InterProcessLock("file"), fasteners.InterProcessLock("file")
def another():
    program = "import fasteners; print(fasteners.InterProcessLock(\"file\").acquire(blocking=False))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip()
print(first.acquire(blocking=False), second.acquire(blocking=False), another())
second.release()
print(first.acquired, another())')"
same 'first, second, another process' "$(echo "$1" | head -1)" 'True True False'
same 'second released: first says, another process gets it' "$(echo "$1" | tail -1)" 'True True'
verdict
