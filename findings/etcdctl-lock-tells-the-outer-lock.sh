#!/bin/sh
# Inside of two `etcdctl lock`, ETCD_LOCK_KEY and ETCD_LOCK_REV of the command are those of the outer lock, not of its own.
#
# Software: etcdctl and etcd 3.5.30 (Debian sid), 3.4.23 (Debian 12).
# Expected: good guess. Each `etcdctl lock` sets the two variables for its command, so the innermost counts, as with every
#   program that sets a variable for a child.
# Seen: what stands in the environment already wins. The command under lock b under lock a gets a's key, and as its
#   number a's revision, from before its wait for b. The first that sets them sets them for all below, a service that was started
#   under a lock years ago as well.
# Means: a number that guards against an old holder of b is that of a, taken before the wait: it may be smaller than one that
#   an earlier holder of b has used, and then the rightful holder is refused, or it stays the same over all turns of a loop
#   and guards nothing. Take the variables out in between: etcdctl lock a -- env -u ETCD_LOCK_KEY -u ETCD_LOCK_REV etcdctl
#   lock b ...
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/etcd.sh"

debian_alone sid etcd-server=3.5.30-2 etcd-client=3.5.30-2
debian_alone bookworm etcd-server=3.4.23-4+b4 etcd-client=3.4.23-4+b4
cd "$work" || exit 2

# tells FILE: writes down which lock it is under (the part of the key before the lease) and with which number
cat >tells <<'TELLS'
#!/bin/sh
echo "${ETCD_LOCK_KEY%/*}" >"$1"
echo "${ETCD_LOCK_REV}" >"$1.number"
sleep "${2:-0}"
TELLS
chmod +x tells

for version in 3.4.23 3.5.30; do
    case $version in 3.4.23) suite=bookworm ;; *) suite=sid ;; esac
    etcd_ports
    start_etcd "$suite" "$version"

    "$etcdctl" lock b ./tells alone
    same "etcdctl $version, under lock b" "$(cat alone)" b
    "$etcdctl" lock a -- "$etcdctl" lock b ./tells nested
    same "etcdctl $version, under lock b under lock a" "$(cat nested)" a
    "$etcdctl" lock a -- env -u ETCD_LOCK_KEY -u ETCD_LOCK_REV "$etcdctl" lock b ./tells cleared
    same "etcdctl $version, with the variables taken out in between" "$(cat cleared)" b

    # One has b, one waits for it, and one waits behind them with a in hand.
    rm -f first second third ./*.number
    "$etcdctl" lock b ./tells first 3 &
    first=$!
    remember $first
    until_true 10 test -s first.number
    "$etcdctl" lock b ./tells second &
    second=$!
    remember $second
    # shellcheck disable=SC2016 # for the inner shell
    until_true 3 sh -c '[ "$("$1" get --prefix b/ --keys-only | grep -c /)" = 2 ]' queued "$etcdctl" || cannot 'the second does not wait'
    "$etcdctl" lock a -- "$etcdctl" lock b ./tells third
    wait $first $second
    set -- "$(cat first.number)" "$(cat second.number)" "$(cat third.number)"
    same "etcdctl $version, numbers of three that have b one after the other" \
        "$([ "$1" -lt "$2" ] && echo rises), $([ "$2" -gt "$3" ] && echo falls)" 'rises, falls'
    stop_etcd
done
verdict
