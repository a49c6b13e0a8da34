#!/bin/sh
# A stream with one short entry takes more than 4 kB, and one of a hundred such entries no more.
#
# Software: redis 7.0.15 (Debian 12), redis 8.0.2 (Debian 13), valkey 9.1.2 (Debian sid), configuration as it comes.
# Expected: good guess. A little more than a list of one element, some 200 bytes, and then a few bytes an entry.
# Seen: used_memory grows by 4,100 to 4,600 bytes for each of 1,000 streams with one entry "a 1": room for a whole node
#   (stream-node-max-bytes, 4096) is taken at once. With stream-node-max-bytes 256 it is a ninth.
# Means: a stream for each of many names that are used once (a branch, a job's number) costs thirty times as much as a key;
#   either the names are few, or the streams are trimmed away, or the setting is made smaller.
# Time: about twenty seconds.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like trixie redis 5:8.0.2-3+deb13u3 redis-8.0.2
redis_like sid valkey 9.1.2-1 valkey-9.1.2

# each SOCKET ENTRIES BYTES: by how much the memory grows for a stream of so many entries, with nodes of so many bytes
each() {
    python3 - "$1" "$2" "$3" <<'PYTHON'
import re
import sys

from resp import Connection

server, (entries, size) = Connection(sys.argv[1]), map(int, sys.argv[2:])
FILL = """for i = 1, 1000 do
    for entry = 1, tonumber(ARGV[1]) do redis.call('XADD', 's' .. i, '*', 'a', '1') end
end"""


def used():
    return int(re.search(rb'used_memory:(\d+)', server.ask('INFO', 'memory')).group(1))


server.ask('CONFIG', 'SET', 'stream-node-max-bytes', size)
server.ask('FLUSHALL', 'SYNC')
before = used()
server.ask('EVAL', FILL, 0, entries)
print((used() - before) // 1000)
PYTHON
}

for version in redis-7.0.15 redis-8.0.2 valkey-9.1.2; do
    serve "$version" "$work/bin/$version"
    within "$version: bytes a stream of one entry" "$(each "$work/$version" 1 4096)" 4100 4700
    within "$version: of a hundred entries" "$(each "$work/$version" 100 4096)" 4100 4700
    within "$version: of one entry in nodes of 256 bytes" "$(each "$work/$version" 1 256)" 350 700
done
verdict
