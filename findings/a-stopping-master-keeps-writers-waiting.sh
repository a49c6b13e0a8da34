#!/bin/sh
# A master that is told to stop answers PING and GET for ten more seconds, and no SET, when one of its replicas hangs.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. After SIGTERM (systemctl stop, a rolling update) connections are closed within a second; until then
#   a request is answered.
# Seen: with a replica that is stopped (or far behind), writes and scripts that write stay unanswered for 10.1 s, then the
#   connection is closed. Meanwhile GET, PTTL and PING are answered in a millisecond, and new connections are taken.
#   Without a replica all is over in well under a second. The time is `shutdown-timeout`, 10 seconds.
# Means: a renewal in this time costs the whole node timeout and brings nothing, so a lock with a TTL of 10 s and less is
#   lost by a planned restart; a health check by PING says that all is well. SHUTDOWN ABORT executes what has waited
#   (tried: a SET NX, 3 s late). shutdown-timeout 0 ends it; it may cost the replicas the last writes.
# Time: about a minute and a half.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

cat >"$work/ask.py" <<'PYTHON'
import os, signal, sys, time
from resp import Connection
path, master = sys.argv[1], int(sys.argv[2])
reader, writer = Connection(path), Connection(path)
os.kill(master, signal.SIGTERM)
started = time.monotonic()
time.sleep(0.3)
def answer(ask):
    try:
        return ask().decode()
    except (EOFError, OSError):
        return 'closed'
said = []
answer(lambda: writer.send('SET', 'lock', 'token', 'NX', 'PX', 5000) or b'')
said.append(answer(lambda: reader.ask('PING')))
if said == ['PONG']:
    time.sleep(3)
    said.append(answer(lambda: Connection(path).ask('PING')))
said.append(answer(writer.read))
print(*said, round((time.monotonic() - started) * 1000))
PYTHON

# stop NAME SERVER REPLICA: stops a master with a hanging replica, or with none
stop() {
    name=$1
    serve "$name" "$2"
    master=$server
    if [ "$3" = replica ]; then
        # The replica needs a port of the master: any that is free.
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        "$work/bin/cli" -s "$work/$name" CONFIG SET repl-diskless-sync-delay 0 >/dev/null
        "$work/bin/cli" -s "$work/$name" CONFIG SET port "$port" >/dev/null
        serve "$name-replica" "$2" --replicaof "127.0.0.1 $port"
        until_true 20 sh -c "'$work/bin/cli' -s '$work/$name' INFO replication | grep -q state=online" || cannot 'no replica'
        sleep 1.5
        kill -STOP "$server"
        "$work/bin/cli" -s "$work/$name" SET before x >/dev/null
    fi
    python3 "$work/ask.py" "$work/$name" "$master"
}
for version in redis-7.0.15 redis-8.6.3 valkey-9.1.2; do
    said=$(stop "$version" "$work/bin/$version" replica)
    same "$version: PING, PING over a new connection, SET" "${said% *}" 'PONG PONG closed'
    within "$version: closed after ms" "${said##* }" 9500 13000
    said=$(stop "$version-alone" "$work/bin/$version" none)
    within "$version without a replica: closed after ms" "${said##* }" 0 1500
done
verdict
