#!/bin/sh
# Two containers whose program has the same process number cannot both open one LMDB environment: EAGAIN, not even to read.
#
# Software: lmdb 0.9.35 with py-lmdb 1.4.1 (Debian sid). The environment as it comes, no lock=False, no transaction open.
# Expected: good guess. LMDB has many readers and one writer, over any number of processes: its writer lock is a mutex in
#   shared memory, readers have slots there, and both are the kernel's business, not that of the process numbers. Two
#   containers with a common volume and one kernel are two processes. At worst a stale reader is not found.
# Seen: the program is process 1 in each of two pid namespaces (as in most containers). The second fails as soon as it
#   opens the environment: "mdb_txn_begin: Resource temporarily unavailable", although the first does nothing, and no
#   sleeping helps while the first has it open. As process 2 in its namespace the same program reads and writes. Who reads
#   takes a file lock at the byte whose number is its process number, and another process has that byte.
# Means: "try again", says the error, and it is never over: a second replica of the same image never starts. An init in front
#   (process 1 is then the init) does not help if both have the same, for then both programs are process 2 or 7. Share the pid
#   namespace, or give one of them other numbers.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

elsewhere() { unshare --map-root-user --pid --fork --kill-child --mount-proc "$@"; }
elsewhere true || cannot 'no pid namespaces here'
debian sid python3-lmdb=1.4.1-3+b5 liblmdb0=0.9.35-1
program sid usr/bin/python3 python
PYTHONHOME=$work/sid/usr PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
export PYTHONHOME PYTHONPATH
cd "$work" || exit 2

cat >first.py <<'PYTHON'
import lmdb, os, time
environment = lmdb.open('shared')
with environment.begin(write=True) as transaction:
    transaction.put(b'key', b'first')
open('ready', 'w').write(str(os.getpid()))
while not os.path.exists('go-on'):
    time.sleep(0.1)
PYTHON
cat >second.py <<'PYTHON'
import lmdb
try:
    environment = lmdb.open('shared')
    with environment.begin() as transaction:
        read = transaction.get(b'key').decode()
    with environment.begin(write=True) as transaction:
        transaction.put(b'key', b'second')
    print('read', read, 'and wrote')
except lmdb.Error as error:
    print(type(error).__name__, error)
PYTHON
elsewhere "$work/bin/python" first.py &
holder=$!
remember $holder
until_true 20 test -s ready || cannot 'the first does not start'
same 'the process number of the first' "$(cat ready)" 1
refused='LockError mdb_txn_begin: Resource temporarily unavailable'
same 'process 1 of another namespace' "$(elsewhere "$work/bin/python" second.py)" "$refused"
sleep 3
same 'again 3 s later' "$(elsewhere "$work/bin/python" second.py)" "$refused"
# shellcheck disable=SC2016 # for the inner shell
same 'process 2 of another namespace' "$(elsewhere sh -c '"$@"; true' sh "$work/bin/python" second.py)" 'read first and wrote'
same 'a process of this namespace' "$("$work/bin/python" second.py)" 'read second and wrote'
touch go-on
wait $holder
same 'process 1 of another, after the first' "$(elsewhere "$work/bin/python" second.py)" 'read second and wrote'
verdict
