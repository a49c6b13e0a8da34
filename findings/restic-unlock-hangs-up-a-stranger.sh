#!/bin/sh
# `restic unlock` sends SIGHUP to whatever process has the number that a dead restic left in its lock, and so ends it.
#
# Software: restic 0.14.0 (Debian 12), 0.19.1 (Debian sid).
# Expected: good guess. To see whether the process of a lock still lives it is asked with signal 0, which changes nothing. If
#   the number is in use again the lock counts as live and stays; at worst that is wrong by one lock.
# Seen: the number is asked with SIGHUP. A `sleep` that has it by chance ends with 129; no word is said about it. The lock
#   stays, as its process seemed to live.
# Means: run as root this may end any program, or make a daemon read its configuration again. In a container the numbers are
#   small and come again at each start; where its host name stays (a StatefulSet), a backup that was killed names, after the
#   restart, a process of the service itself. Ask `restic list locks` and `restic cat lock` first, or remove the lock's file
#   by `restic unlock --remove-all`, which asks nobody.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

inside() { unshare --map-root-user --pid --fork --kill-child "$@"; }
inside true || cannot 'no pid namespaces here'
debian_alone sid restic=0.19.1-1
debian_alone bookworm restic=0.14.0-1+b5
RESTIC_PASSWORD=word RESTIC_CACHE_DIR=$work/cache
export RESTIC_PASSWORD RESTIC_CACHE_DIR
cd "$work" || exit 2

# leaves a lock of a killed restic: dies RESTIC, prints its process number
cat >dies <<'DIES'
sleep 30 | "$1" backup --stdin >log 2>&1 &
tries=0
while [ "$(ls "$RESTIC_REPOSITORY/locks")" = '' ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -KILL $!
echo $!
DIES
# another process with the same number: meets RESTIC NUMBER OPTION..., prints how it ended and how many locks are left
cat >meets <<'MEETS'
restic=$1 number=$2; shift 2
while sleep 10 & [ $! -lt "$number" ]; do :; done
[ $! = "$number" ] || { echo "the number $number is passed"; exit; }
"$restic" unlock "$@" >>log 2>&1
kill -TERM "$number" 2>/dev/null
wait "$number" 2>/dev/null
echo "$? $(ls "$RESTIC_REPOSITORY/locks" | wc -l)"
MEETS

for version in 0.14.0 0.19.1; do
    case $version in 0.14.0) suite=bookworm ;; *) suite=sid ;; esac
    restic=$work/$suite/usr/bin/restic
    RESTIC_REPOSITORY=$work/repository.$version
    export RESTIC_REPOSITORY
    "$restic" init >log 2>&1 || cannot "restic: $(tail -1 log)"
    number=$(inside sh dies "$restic")
    same "restic $version, unlock: the other process ends with, locks left" "$(inside sh meets "$restic" "$number")" '129 1'
    same "restic $version, unlock --remove-all" "$(inside sh meets "$restic" "$number" --remove-all)" '143 0'
done
verdict
