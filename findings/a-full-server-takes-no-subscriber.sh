#!/bin/sh
# A Redis whose memory is full refuses SUBSCRIBE, where older versions and Valkey take subscribers; and it takes a MULTI
# that older versions refuse.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid).
# Expected: good guess. What writes no key is served by a full server (maxmemory, noeviction) as ever: GET, PUBLISH,
#   SUBSCRIBE, and a MULTI of such commands.
# Seen: 8.6.3 answers SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE with OOM; who subscribed before goes on and gets its messages.
#   7.0.15 and Valkey take new subscribers. Inside of MULTI 7.0.15 refuses even DEL; 8.6.3 and Valkey take it.
# Means: after a reconnect a client of a full 8.6.3 hears nothing of releases and of locks taken away, while its renewals
#   by script go on; it has to ask. On a full 7.0.15 a lock cannot be given back by a transaction.
# Time: about a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

cat >"$work/ask.py" <<'PYTHON'
import sys
from resp import Connection
path = sys.argv[1]
early, client = Connection(path), Connection(path)
early.ask('SUBSCRIBE', 'turn')
client.ask('SET', 'lock', 'me')
client.ask('CONFIG', 'SET', 'maxmemory', 1)
def kind(*words):
    answer = Connection(path).ask(*words)
    return answer.split()[0].decode() if isinstance(answer, bytes) else answer[0].decode()
said = [kind(word, 'turn') for word in ('SUBSCRIBE', 'PSUBSCRIBE', 'SSUBSCRIBE')]
said.append('%d told' % int(client.ask('PUBLISH', 'turn', 'yours')))
said.append(early.read()[2].decode())
client.ask('MULTI')
said.append(client.ask('DEL', 'lock').split()[0].decode())
client.ask('EXEC')
said.append('%d left' % int(client.ask('EXISTS', 'lock')))
print(', '.join(said))
PYTHON
for version in redis-7.0.15 redis-8.6.3 valkey-9.1.2; do
    serve "$version" "$work/bin/$version"
    case $version in
    redis-8*) new='OOM, OOM, OOM' ;;
    *) new='subscribe, psubscribe, ssubscribe' ;;
    esac
    case $version in
    redis-7*) removed='OOM, 1 left' ;;
    *) removed='QUEUED, 0 left' ;;
    esac
    same "$version: three ways to subscribe, an early subscriber, DEL in MULTI" "$(python3 "$work/ask.py" "$work/$version")" \
        "$new, 1 told, yours, $removed"
done
verdict
