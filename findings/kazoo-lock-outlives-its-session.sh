#!/bin/sh
# kazoo's lock says is_acquired, and True to a release, after its session has expired and another has the lock.
#
# Software: kazoo 2.11.0 and ZooKeeper 3.9.6 (Debian sid); a Java of the system, 17 or later.
# Expected: good guess. ZooKeeper ends the session, so kazoo's Lock knows that its node is gone: is_acquired is False, and
#   release() returns False or raises, once the client has heard of it.
# Seen: the holder stands still for longer than its session (SIGSTOP), another one gets the lock, the holder goes on. The
#   client is told (SUSPENDED, LOST, CONNECTED), and reconnects. The lock's is_acquired stays True beside the other's,
#   contenders() names the other alone, and release() returns True.
# Means: `if lock.is_acquired` protects nothing. A listener has to stop the work at SUSPENDED already, and the resource has
#   to compare a number (the node's czxid), as with every lease.
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

command -v java >/dev/null || cannot 'no java'
debian_alone sid libzookeeper-java=3.9.6-2 python3-kazoo=2.11.0-1 libslf4j-java libnetty-java libsnappy-java \
    libdropwizard-metrics-java libcommons-io-java
jars=
for jar in zookeeper zookeeper-jute slf4j-api slf4j-nop netty-all snappy-java metrics-core commons-io; do
    jars=$jars:$work/sid/usr/share/java/$jar.jar
done
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/zoo.cfg" <<CONF
tickTime=500
dataDir=$work/data
clientPort=$port
clientPortAddress=127.0.0.1
admin.enableServer=false
CONF
mkdir "$work/data"
java -Xmx128m -cp "$jars" org.apache.zookeeper.server.quorum.QuorumPeerMain "$work/zoo.cfg" >"$work/log" 2>&1 &
remember $!
until_true 30 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" || cannot 'ZooKeeper does not start'
PYTHONPATH=$work/sid/usr/lib/python3/dist-packages

# holder.py WHO: takes the lock, and tells what it thinks of it when the file go-on is there
cat >"$work/holder.py" <<'PYTHON'
import logging, os, sys, time
from kazoo.client import KazooClient
logging.disable(logging.CRITICAL)
who, folder, port = sys.argv[1:]
def wait_for(name):
    while not os.path.exists(os.path.join(folder, name)):
        time.sleep(0.05)
client = KazooClient('127.0.0.1:' + port, timeout=2)
client.start()
states = []
client.add_listener(states.append)
lock = client.Lock('/lock', who)
lock.acquire(timeout=20)
open(os.path.join(folder, who), 'w')
wait_for('go-on')
while who == 'first' and states[-1:] != ['CONNECTED']:
    time.sleep(0.05)
if who == 'first':
    print(lock.is_acquired, ','.join(lock.contenders()), lock.release())
    open(os.path.join(folder, 'told'), 'w')
wait_for('told')
PYTHON
python3 "$work/holder.py" first "$work" "$port" >"$work/said" 2>/dev/null &
first=$!
remember $first
until_true 30 test -e "$work/first" || cannot 'the first does not get the lock'
kill -STOP $first
python3 "$work/holder.py" second "$work" "$port" 2>/dev/null &
remember $!
until_true 30 test -e "$work/second" || cannot 'the second does not get the lock'
touch "$work/go-on"
kill -CONT $first
until_true 30 test -e "$work/told" || cannot 'the first tells nothing'
wait $first
same 'is_acquired, contenders, release of the first, while the second has it' "$(cat "$work/said")" 'True second True'
verdict
