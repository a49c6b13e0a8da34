#!/bin/sh
# The kernel grants file locks in order of asking, but a waiter that is stopped and continued goes to the end of the line.
#
# Software: flock of util-linux 2.41.5 (Debian 13) and fcntl locks, on Linux (seen on 6.18).
# Expected: good guess. A waiter keeps its place while it is stopped (Ctrl-Z, a debugger, a frozen container), and holds
#   up those behind it when its turn comes.
# Seen: eight waiters get the lock in order of asking; when the first of them was stopped and continued before the release,
#   it comes last, with both kinds of lock. While it is stopped it is not in line at all.
# Means: a job that is moved into the background by Ctrl-Z and bg, or a host that freezes containers, changes the order;
#   under a steady stream of others such a waiter may wait for very long. Nobody is held up by a stopped waiter.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian trixie util-linux=2.41.5-0+deb13u1
program trixie usr/bin/flock flock
cat >"$work/order.py" <<'PYTHON'
import fcntl, os, signal, subprocess, sys, time
flock, path, kind, stop = sys.argv[1], sys.argv[2] + '/' + sys.argv[3], sys.argv[3], sys.argv[4] == 'stop'
served = path + '.served'
mine = open(path, 'a')
(fcntl.flock if kind == 'flock' else fcntl.lockf)(mine, fcntl.LOCK_EX)

def fcntl_waiter(number):
    child = os.fork()
    if child == 0:
        file = open(path, 'a')
        fcntl.lockf(file, fcntl.LOCK_EX)
        os.write(os.open(served, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), b'%d' % number)
        os._exit(0)
    return child

def flock_waiter(number):
    return subprocess.Popen([flock, path, 'sh', '-c', 'printf %d >> %s' % (number, served)]).pid

waiters = []
for number in range(8):
    waiters.append((flock_waiter if kind == 'flock' else fcntl_waiter)(number))
    time.sleep(0.2)
if stop:
    os.kill(waiters[0], signal.SIGSTOP)
    time.sleep(0.2)
    os.kill(waiters[0], signal.SIGCONT)
    time.sleep(0.2)
mine.close()
for waiter in waiters:
    os.waitpid(waiter, 0)
print(open(served).read())
PYTHON
for kind in flock fcntl; do
    mkdir "$work/$kind-kept" "$work/$kind-stopped"
    same "$kind, none stopped" "$(python3 "$work/order.py" "$work/bin/flock" "$work/$kind-kept" $kind go)" 01234567
    same "$kind, the first stopped and continued" "$(python3 "$work/order.py" "$work/bin/flock" "$work/$kind-stopped" $kind stop)" 12345670
done
verdict
