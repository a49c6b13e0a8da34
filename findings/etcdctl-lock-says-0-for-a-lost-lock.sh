#!/bin/sh
# `etcdctl lock NAME COMMAND` goes on, and ends with 0, when another has got the lock meanwhile; and after a SIGTERM as well.
#
# Software: etcdctl and etcd 3.5.30 (Debian sid), 3.4.23 (Debian 12).
# Expected: good guess. The tool renews the lease; when that has ended it says "session expired" and ends with a failure, as
#   it does without a COMMAND, if it does not end the command. SIGTERM ends it and gives the lock free, as it does without a
#   COMMAND; a command that fails is told by its status.
# Seen: the server stands still for longer than the TTL, a second gets the lock, the first command works on beside it, and
#   its etcdctl ends with 0 without a word. The same when the lease is revoked. SIGTERM to etcdctl is swallowed: the command
#   does not get it, the lock stays, and the status is 0 when the command is through. The command's own status is passed on
#   by 3.5, and is 1 in 3.4.
# Means: a job by `etcdctl lock` cannot know, nor can its caller, that it ran beside another. The command has to see to it
#   itself: compare ETCD_LOCK_REV where it writes, or look for ETCD_LOCK_KEY before each step. A supervisor that stops the
#   job by SIGTERM to its main process waits for nothing, then kills etcdctl, and the command runs on without a lock.
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/etcd.sh"

debian_alone sid etcd-server=3.5.30-2 etcd-client=3.5.30-2
debian_alone bookworm etcd-server=3.4.23-4+b4 etcd-client=3.4.23-4+b4
cd "$work" || exit 2

# job NAME SECONDS: what is run under the lock
cat >job <<'JOB'
#!/bin/sh
echo "$1 in" >>log
sleep "$2"
echo "$1 out" >>log
JOB
printf '#!/bin/sh\nexit 7\n' >fails
chmod +x job fails

# first COMMAND...: starts it under the lock, in the background, with an empty log
first() {
    : >log
    "$@" >said 2>&1 &
    holder=$!
    remember $holder
}
# end NAME LOG STATUS
end() {
    wait $holder
    same "$1, status and words of the first" "$? '$(cat said)'" "$3 ''"
    same "$1, log" "$(tr '\n' ';' <log)" "$2"
}

for version in 3.4.23 3.5.30; do
    case $version in 3.4.23) suite=bookworm failure=1 ;; *) suite=sid failure=7 ;; esac
    etcd_ports
    start_etcd "$suite" "$version"

    first "$etcdctl" lock --ttl 3 stopped ./job first 14
    until_true 10 test -s log
    kill -STOP $server
    sleep 6
    kill -CONT $server
    "$etcdctl" lock stopped ./job second 1 >/dev/null 2>&1
    end "etcdctl $version, server stopped for 6 s" 'first in;second in;second out;first out;' 0

    first "$etcdctl" lock --ttl 60 revoked ./job first 4
    until_true 10 test -s log
    key=$("$etcdctl" get --prefix revoked/ --keys-only | head -1)
    "$etcdctl" lease revoke "${key#*/}" >/dev/null 2>&1
    "$etcdctl" lock revoked ./job second 1 >/dev/null 2>&1
    end "etcdctl $version, lease revoked" 'first in;second in;second out;first out;' 0

    first "$etcdctl" lock terminated ./job first 3
    until_true 10 test -s log
    kill -TERM $holder
    "$etcdctl" lock terminated ./job second 0 >/dev/null 2>&1
    end "etcdctl $version, SIGTERM" 'first in;first out;second in;second out;' 0

    "$etcdctl" lock failing ./fails >/dev/null 2>&1
    same "etcdctl $version, a command that ends with 7" $? $failure
    "$etcdctl" lock waiting >said 2>&1 &
    holder=$!
    remember $holder
    until_true 10 test -s said
    key=$("$etcdctl" get --prefix waiting/ --keys-only | head -1)
    "$etcdctl" lease revoke "${key#*/}" >/dev/null 2>&1
    wait $holder
    same "etcdctl $version, lease revoked, without a command" "$? $(tail -1 said)" '1 Error: session expired'
    stop_etcd
done
verdict
