#!/bin/sh
# With io-threads, redis 8 never serves requests in the order of their arrival after a stall; valkey does.
#
# Software: redis 8.6.3 (Debian experimental), redis 7.0.15 (Debian 12), valkey 9.1.2 (Debian sid).
# Expected: good guess. Requests that wait in the sockets of a server that stands still for a moment are executed in the
#   order in which they came, as commands run in one thread; io-threads change who reads and writes, not the order.
# Seen: eight connections that send 3 ms apart to a stopped server, 20 rounds: in order 20 of 20 with redis 7.0.15 and
#   redis 8.6.3 with one thread, and with valkey 9.1.2 and io-threads 4; with redis 8.6.3 and io-threads 4 never, and the
#   first to ask was the first to be served in 11 rounds of 20. (redis 7.0.15 with io-threads 4: 11 to 20 of 20.)
# Means: after each stall (a fork, a slow script, a paused machine) a free lock goes to anybody, so a queue of waiters is
#   fair only if the server keeps it as data. And two messages of one program over two connections may be executed in
#   the other order (a release sent over a second connection).
# Time: about a minute.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

cat >"$work/order.py" <<'PYTHON'
import os, random, signal, sys, time
from resp import Connection
path, server = sys.argv[1], int(sys.argv[2])
in_order = 0
for _ in range(20):
    clients = [Connection(path) for _ in range(8)]
    for client in clients:
        client.ask('PING')
    clients[0].ask('DEL', 'served')
    random.shuffle(clients)
    os.kill(server, signal.SIGSTOP)
    time.sleep(0.05)
    for number, client in enumerate(clients):
        client.send('RPUSH', 'served', number)
        time.sleep(0.003)
    os.kill(server, signal.SIGCONT)
    for client in clients:
        client.read()
    in_order += b''.join(clients[0].ask('LRANGE', 'served', 0, -1)) == b'01234567'
    for client in clients:
        client.stream.close()
        client.socket.close()
print(in_order)
PYTHON

rounds_in_order() {
    name=$1; shift
    serve "$name" "$@"
    python3 "$work/order.py" "$work/$name" "$server"
}
within 'redis 7.0.15, one thread: rounds in order' "$(rounds_in_order seven "$work/bin/redis-7.0.15")" 19 20
within 'valkey 9.1.2, io-threads 4' "$(rounds_in_order valkey-io "$work/bin/valkey-9.1.2" --io-threads 4)" 19 20
within 'redis 8.6.3, one thread' "$(rounds_in_order eight "$work/bin/redis-8.6.3")" 19 20
within 'redis 8.6.3, io-threads 4' "$(rounds_in_order eight-io "$work/bin/redis-8.6.3" --io-threads 4)" 0 10
verdict
