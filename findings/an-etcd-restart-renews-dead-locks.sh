#!/bin/sh
# Each start of etcd gives the lock of a dead client its whole TTL once more.
#
# Software: etcd and etcdctl 3.5.30 (Debian sid), configuration as it comes.
# Expected: good guess. The end of a lease is stored, or at worst the time without a server is not counted: the lock of a
#   client that died is free when its TTL has been over on a running server.
# Seen: TTL 8 s, the client is killed, the server is killed 6 s later and started again, three times. The lease shows 8 s
#   left after each start, and the lock is free 8 s or more after the last one, 31 s after the client died. Without restarts:
#   after 8 s.
# Means: a server that restarts again and again (an upgrade, a failing disk) holds up every lock whose client has died, and
#   a service that died together with etcd waits for its own old lock for a whole TTL. Count on a TTL after the last start;
#   with an hour's TTL revoke by hand. (A change of leader should do the same; not tried.)
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/etcd.sh"

debian_alone sid etcd-server=3.5.30-2 etcd-client=3.5.30-2
cd "$work" || exit 2
# dead NAME: the lock of a client that has been killed
dead() {
    : >key
    "$etcdctl" lock --ttl 8 "$1" >key 2>/dev/null &
    holder=$!
    remember $holder
    until_true 10 test -s key || cannot 'no lock'
    kill -KILL $holder
    wait $holder 2>/dev/null
    died=$(now_ms)
}
free_after() { "$etcdctl" lock "$1" true >/dev/null 2>&1; echo $((($(now_ms) - died) / 1000)); }

etcd_ports
start_etcd sid data
dead alone
within 'no restart: free after s' "$(free_after alone)" 7 11
dead restarted
lease=$(sed 's|.*/||' key)
for turn in 1 2 3; do
    sleep 6
    stop_etcd
    start_etcd sid data
    within "seconds that the lease has left after start $turn" \
        "$("$etcdctl" lease timetolive "$lease" | sed 's/.*remaining(\([0-9]*\)s).*/\1/')" 7 10
done
within 'three restarts: free after s' "$(free_after restarted)" 26 45
verdict
