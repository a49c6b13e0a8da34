#!/bin/sh
# WAITAOF of Valkey says "on the disk" at once, up to a second before the file is synchronized; that of Redis waits for it.
#
# Software: valkey 8.1.1 (Debian 13) and 9.1.2 (Debian sid); redis 8.6.3 (Debian experimental) waits. All with appendonly yes,
#   the rest as it comes (appendfsync everysec).
# Expected: good guess. WAITAOF 1 0 returns 1 after the next fdatasync of the append-only file, so after half a second on the
#   average and a second at most; that it came with 7.2, before the two parted, makes it the same in both.
# Seen: on Valkey each is answered 1 in a few milliseconds; strace shows the write, the answer, and fdatasync much later.
#   Redis answers after the fdatasync. (Redis had the fault in 7.4, and mended it by change 13793 of its repository.)
# Means: a lock or fence number that was "on the disk" is gone after a loss of power, and the next holder gets the same fence
#   number again. On Valkey only appendfsync always keeps the promise. With appendfsync no both answer 0 when the time is
#   over, so WAITAOF 1 0 0 never.
# Time: about a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

debian sid strace=7.2+ds-1+b1
program sid usr/bin/strace strace
redis_like trixie valkey 8.1.1+dfsg1-3+deb13u3 valkey-8.1.1
redis_like sid valkey 9.1.2-1 valkey-9.1.2
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3

cat >"$work/ask.py" <<'PYTHON'
import re, sys, time
from resp import Connection
path, trace = sys.argv[1:]
client = Connection(path)
marks = []
for number in range(8):
    time.sleep(0.4)
    client.ask('INCR', 'fence')
    assert client.ask('WAITAOF', 1, 0, 5000) == [b'1', b'0']
    marks.append(time.time())
time.sleep(1.5)
# How many were answered before their own write was followed by an fdatasync.
writes, syncs = [], []
for line in open(trace):
    when = float(line.split()[1])
    if 'INCR' in line:
        writes.append(when)
    elif re.search('(fdatasync|fsync).* = 0', line):
        syncs.append(when)
assert len(writes) == len(marks), (writes, marks)
print(sum(not any(write < sync <= mark for sync in syncs) for write, mark in zip(writes, marks)))
PYTHON

# early VERSION: how many of eight WAITAOF are answered too early
early() {
    mkdir "$work/$1.data"
    "$work/bin/strace" -f -ttt -s 64 -e trace=write,fsync,fdatasync -o "$work/$1.trace" \
        "$work/bin/$1" --port 0 --unixsocket "$work/$1" --dir "$work/$1.data" --save '' --appendonly yes >"$work/$1.log" 2>&1 &
    remember $!
    until_true 10 test -S "$work/$1" || cannot "$1 does not start"
    remember "$("$work/bin/cli" -s "$work/$1" INFO server | sed -n 's/^process_id:\([0-9]*\).*/\1/p')"
    sleep 2
    timeout 60 python3 "$work/ask.py" "$work/$1" "$work/$1.trace"
}
within 'valkey-8.1.1: too early, of 8' "$(early valkey-8.1.1)" 5 8
within 'valkey-9.1.2: too early, of 8' "$(early valkey-9.1.2)" 5 8
same 'redis-8.6.3: too early, of 8' "$(early redis-8.6.3)" 0
serve no "$work/bin/redis-8.6.3" --appendonly yes --appendfsync no
said=$(printf 'INCR fence\nWAITAOF 1 0 4000\n' | "$work/bin/cli" -s "$work/no" | tr '\n' ' ')
same 'redis-8.6.3, appendfsync no: INCR, WAITAOF after 4 s' "$said" '1 0 0 '
verdict
