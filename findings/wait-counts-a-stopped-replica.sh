#!/bin/sh
# WAIT says "1 replica has it" about a lock that no replica has: in MULTI, in a script, and over another connection.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. After SET lock ... NX, WAIT 1 tells how many replicas have the lock. Where it may not block (MULTI,
#   a script) it looks once, so that a write of the same transaction, which cannot be anywhere yet, counts 0. A pool that
#   sends SET and WAIT over two connections waits for more than it needs, never for less.
# Seen: the replica is stopped, and the number is 1 at once for MULTI, SET, WAIT, EXEC, for a script that does both, and for
#   WAIT over a connection that has written nothing. Only WAIT after SET over one connection waits, and says 0. What is
#   compared is the connection's last write before this, and with none all replicas count. Redis gives a script no last
#   write, ever; Valkey gives it that of its caller, so that only the first script of a connection gets 1. Redis 7.0.15
#   refuses WAIT in a script.
# Means: who takes a lock by a transaction or a script and believes the number loses the lock at a failover and was told
#   that this cannot be. Send WAIT alone, after the EXEC or the EVAL, over the very same connection.
# Time: about a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

cat >"$work/ask.py" <<'PYTHON'
import os, signal, sys, time
from resp import Connection
path, replica = sys.argv[1], int(sys.argv[2])
one, script = Connection(path), Connection(path)
one.ask('SET', 'before', 'x')
assert one.ask('WAIT', 1, 10000) == b'1'
time.sleep(1.5)
os.kill(replica, signal.SIGSTOP)

def transaction():
    one.ask('MULTI')
    one.ask('SET', 'lock', 'me', 'NX', 'PX', 60000)
    one.ask('WAIT', 1, 1000)
    taken, replicas = one.ask('EXEC')
    assert taken == b'OK'
    return replicas
def by_script(lock):
    return script.ask('EVAL', "redis.call('SET', KEYS[1], 'me', 'NX') return redis.call('WAIT', 1, 1000)", 1, lock)

said = [transaction(), Connection(path).ask('WAIT', 1, 1000), by_script('second'), by_script('third'), one.ask('WAIT', 1, 1000)]
print(*['refused' if b'ERR' in number else number.decode() for number in said])
PYTHON

# version NAME EXPECTED
version() {
    serve "$1" "$work/bin/$1"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$work/bin/cli" -s "$work/$1" CONFIG SET repl-diskless-sync-delay 0 >/dev/null
    "$work/bin/cli" -s "$work/$1" CONFIG SET port "$port" >/dev/null
    serve "$1-replica" "$work/bin/$1" --replicaof "127.0.0.1 $port"
    until_true 20 sh -c "'$work/bin/cli' -s '$work/$1' INFO replication | grep -q state=online" || cannot 'no replica'
    said=$(python3 "$work/ask.py" "$work/$1" "$server")
    same "$1: WAIT in MULTI, over a new connection, in a script, in a second script, after the EXEC" "$said" "$2"
}
version redis-7.0.15 '1 1 refused refused 0'
version redis-8.6.3 '1 1 1 1 0'
version valkey-9.1.2 '1 1 1 0 0'
verdict
