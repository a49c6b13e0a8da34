#!/bin/sh
# A client sends a slow command and a second one, and closes: over TCP the second is executed, over a Unix socket never.
#
# Software: redis 7.0.15 (Debian 12), redis 8.0.2 (Debian 13), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. What has been written whole before the close is in the server's buffer and is executed, as it is
#   over TCP; a Unix socket is the same, only faster.
# Seen: over the Unix socket the server cannot write its answer to the first command (EPIPE), drops the client, and with it
#   the second command, which it had not read yet. Over TCP that write succeeds, and the second command is executed.
# Means: a client that does not wait for the answer to its last word, as in "DEL the lock and exit", may leave the lock to
#   its TTL when an answer before it was still to come. It worked in tests over TCP. One answer more is to be waited for.
# Time: about a minute.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like trixie redis 5:8.0.2-3+deb13u3 redis-8.0.2
redis_like sid valkey 9.1.2-1 valkey-9.1.2

# leave SOCKET tcp|unix: whether the second command was executed
leave() {
    python3 - "$1" "$2" <<'PYTHON'
import socket
import sys
import time

from resp import Connection

SLOW = """local function now() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end
local over = now() + 300000
repeat until now() > over
redis.call('INCR', 'done')"""

path, kind = sys.argv[1:]
watcher = Connection(path)
watcher.ask('DEL', 'last', 'done')
client = Connection(path)
if kind == 'tcp':
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    watcher.ask('CONFIG', 'SET', 'port', port)
    client.socket = socket.create_connection(('127.0.0.1', port))
client.send('EVAL', SLOW, 0)
time.sleep(0.1)
client.send('SET', 'last', 'word')
client.stream.close()
client.socket.close()
for _ in range(100):
    if watcher.ask('GET', 'done'):
        break
    time.sleep(0.05)
time.sleep(0.2)
print('executed' if watcher.ask('GET', 'last') == b'word' else 'lost')
PYTHON
}

for version in redis-7.0.15 redis-8.0.2 valkey-9.1.2; do
    serve "$version" "$work/bin/$version"
    same "$version: over a Unix socket" "$(leave "$work/$version" unix)" lost
    same "$version: over TCP" "$(leave "$work/$version" tcp)" executed
done
verdict
