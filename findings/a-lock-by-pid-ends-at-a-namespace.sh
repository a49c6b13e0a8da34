#!/bin/sh
# A live lock with a process number in it is "stale" for who shares the host name and not the pid namespace: borg and
# dotlockfile break it, `restic unlock` removes it.
#
# Software: borg 1.4.5, restic 0.19.1, liblockfile 1.17 (dotlockfile -p), python3-filelock 4.1.1 (SoftFileLock), all Debian
#   sid.
# Expected: good guess. A lock that names its host and its process is broken only where that process can be seen to be gone.
#   A container, a Flatpak or a sandbox with the host's name and its own process numbers cannot see it, so the lock stays
#   until somebody removes it by hand (restic: for half an hour).
# Seen: with a live holder outside and a second in a pid namespace of its own, without any option to force it: borg says
#   "Killed stale lock" and goes in, and dotlockfile goes in. `restic unlock` removes the lock of a backup that still writes,
#   `restic prune` then runs beside it, and the backup ends with 0. SoftFileLock alone keeps out: it writes the namespace
#   down with the host's name. In the holder's own namespace all four keep out.
# Means: two writers in one repository, in the usual case of a backup in a container with the host's network (and with it its
#   name and its hardware address) beside one of the host. Give each its own name: BORG_HOST_ID, a host name for each
#   container; and no `restic unlock` before each run by habit.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

elsewhere() { unshare --map-root-user --pid --fork --kill-child --mount-proc "$@"; }
elsewhere true || cannot 'no pid namespaces here'
debian sid borgbackup=1.4.5-1 liblockfile-bin=1.17-2+b2
debian_alone sid restic=0.19.1-1 python3-filelock=4.1.1-1
program sid usr/bin/python3 python
program sid usr/bin/dotlockfile dotlockfile
restic=$work/sid/usr/bin/restic
PYTHONHOME=$work/sid/usr PYTHONPATH=$work/sid/usr/lib/python3/dist-packages
BORG_BASE_DIR=$work/borg.base BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
RESTIC_PASSWORD=word RESTIC_REPOSITORY=$work/restic RESTIC_CACHE_DIR=$work/cache
export PYTHONHOME PYTHONPATH BORG_BASE_DIR BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK BORG_RELOCATED_REPO_ACCESS_IS_OK \
    RESTIC_PASSWORD RESTIC_REPOSITORY RESTIC_CACHE_DIR
cd "$work" || exit 2

# held LOCK COMMAND...: runs the command beside until release; it has the lock when the file LOCK is there
held() {
    lock=$1; shift
    rm -f go-on
    "$@" >>log 2>&1 &
    holder=$!
    remember $holder
    # shellcheck disable=SC2016 # for the inner shell
    until_true 20 sh -c 'set -- $1; test -e "$1"' held "$lock" || cannot "the first gets no $lock: $(tail -1 log)"
}
# shellcheck disable=SC2016 # for the inner shell
wait_for_go_on='while [ ! -e go-on ]; do sleep 0.1; done'
release() { touch go-on; wait "$holder"; }
# tries WHAT BESIDE ELSEWHERE COMMAND...: whether the command gets in, in the holder's pid namespace and in another
tries() {
    what=$1 beside=$2 other=$3; shift 3
    if "$@" >>log 2>&1; then said=in; else said=out; fi
    same "$what, a second in the same namespace" "$said" "$beside"
    if elsewhere "$@" >>log 2>&1; then said=in; else said=out; fi
    same "$what, a second in another" "$said" "$other"
}

"$work/bin/python" -m borg init -e none borg.repository >>log 2>&1 || cannot "borg: $(tail -1 log)"
held borg.repository/lock.exclusive "$work/bin/python" -m borg with-lock borg.repository sh -c "$wait_for_go_on"
tries borg out in "$work/bin/python" -m borg --lock-wait 1 with-lock borg.repository true
same 'borg told' "$(grep -c '^Killed stale lock' log)" 1
release

held dot.lock sh -c "'$work/bin/dotlockfile' -p -l dot.lock; $wait_for_go_on"
tries 'dotlockfile -p' out in "$work/bin/dotlockfile" -p -r 0 -l dot.lock
release

held soft.lock "$work/bin/python" -c '
import filelock, os, time
with filelock.SoftFileLock("soft.lock"):
    while not os.path.exists("go-on"): time.sleep(0.1)'
tries SoftFileLock out out "$work/bin/python" -c 'import filelock; filelock.SoftFileLock("soft.lock", timeout=1).acquire()'
release

"$restic" init >>log 2>&1 || cannot "restic: $(tail -1 log)"
held 'restic/locks/*' sh -c "($wait_for_go_on; echo data) | '$restic' backup --stdin"
tries 'restic unlock and prune' out in sh -c "'$restic' unlock && '$restic' prune"
release
same 'the backup ends with' $? 0
verdict
