#!/bin/sh
# A planned failover of a cluster for which too few masters vote stops all writes of the shard for five seconds, and fails.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. CLUSTER FAILOVER without FORCE is the gentle way: if the other masters do not answer, the old master
#   goes on as before, and no client notices.
# Seen: the master pauses its clients before the votes are asked for. With two of three masters stopped for that time, a SET
#   is answered after 5.0 s, GET and PING at once. CLUSTER FAILOVER itself has said OK; the replica is a replica still.
# Means: a lock whose TTL is below some 8 s is lost by such a failover, although no server failed and nothing was moved. Who
#   fails over by a script should look first whether a majority of the masters answers.
# Time: about two minutes.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

cat >"$work/ask.py" <<'PYTHON'
import os, signal, sys, threading, time
from resp import Connection
master, replica, voters = sys.argv[1], sys.argv[2], [int(pid) for pid in sys.argv[3:]]
writer, reader, planner = Connection(master), Connection(master), Connection(replica)
for pid in voters:
    os.kill(pid, signal.SIGSTOP)
said = planner.ask('CLUSTER', 'FAILOVER').decode()
time.sleep(0.5)
def timed(*words):
    started = time.monotonic()
    connection = writer if words[0] == 'SET' else reader
    answer = connection.ask(*words)
    return answer.decode(), round((time.monotonic() - started) * 1000)
read = []
thread = threading.Thread(target=lambda: read.extend([*timed('GET', 'lock'), *timed('PING')]))
thread.start()
wrote = timed('SET', 'lock', 'later')
thread.join()
# The replica gives up some ms after its master; votes in between would still make it the master.
time.sleep(1)
for pid in voters:
    os.kill(pid, signal.SIGCONT)
time.sleep(2)
role = planner.ask('ROLE')[0].decode()
print(said, read[0], read[2], wrote[0], role, max(read[1], read[3]), wrote[1])
PYTHON

# A port whose cluster bus, 10,000 further up, is a port as well.
free_port() {
    python3 -c 'import socket
while True:
    s = socket.socket(); s.bind(("127.0.0.1", 0)); port = s.getsockname()[1]
    if 20000 < port < 55000: print(port); break'
}
# serve_member NAME SERVER PORT: as serve, with a port and its cluster bus
serve_member() {
    mkdir "$work/$1.data"
    "$2" --cluster-enabled yes --port "$3" --bind 127.0.0.1 --unixsocket "$work/$1" --dir "$work/$1.data" --save '' \
        >"$work/$1.log" 2>&1 &
    server=$!
    remember "$server"
    until_true 10 test -S "$work/$1" || cannot "$1 does not start: $(tail -1 "$work/$1.log")"
}
ask() { name=$1; shift; "$work/bin/cli" -s "$work/$name" "$@"; }

for version in redis-7.0.15 redis-8.6.3 valkey-9.1.2; do
    ports='' pids=''
    for member in 1 2 3 4; do
        port=$(free_port)
        serve_member "$version.$member" "$work/bin/$version" "$port"
        ports="$ports $port" pids="$pids $server"
    done
    # shellcheck disable=SC2086
    set -- $ports
    ask "$version.1" CLUSTER ADDSLOTSRANGE 0 16381 >/dev/null
    ask "$version.2" CLUSTER ADDSLOTSRANGE 16382 16382 >/dev/null
    ask "$version.3" CLUSTER ADDSLOTSRANGE 16383 16383 >/dev/null
    # Each master needs an epoch of its own.
    for member in 1 2 3; do ask "$version.$member" CLUSTER SET-CONFIG-EPOCH "$member" >/dev/null; done
    for port in "$2" "$3" "$4"; do ask "$version.1" CLUSTER MEET 127.0.0.1 "$port" >/dev/null; done
    master=$(ask "$version.1" CLUSTER MYID)
    until_true 30 sh -c "'$work/bin/cli' -s '$work/$version.4' CLUSTER NODES | grep -q '^$master.* 0-16381'" || cannot 'they do not meet'
    ask "$version.4" CLUSTER REPLICATE "$master" >/dev/null
    until_true 60 sh -c "'$work/bin/cli' -s '$work/$version.1' INFO replication | grep -q state=online" || cannot 'no replica'
    for member in 1 2 3 4; do
        until_true 60 sh -c "'$work/bin/cli' -s '$work/$version.$member' CLUSTER INFO | grep -q cluster_state:ok" || cannot 'no cluster'
    done
    until_true 10 sh -c "'$work/bin/cli' -s '$work/$version.1' SET lock before | grep -q OK" || cannot 'no write'
    # The replica wants to have heard of its master lately.
    sleep 5
    # shellcheck disable=SC2086
    set -- $pids
    said=$(python3 "$work/ask.py" "$work/$version.1" "$work/$version.4" "$2" "$3")
    wrote=${said##* } said=${said% *}
    read=${said##* } said=${said% *}
    same "$version: CLUSTER FAILOVER, GET, PING, SET, and the replica's role" "$said" 'OK before PONG OK slave'
    within "$version: GET and PING took ms" "$read" 0 400
    # The pause began half a second before.
    within "$version: SET took ms" "$wrote" 4000 5500
done
verdict
