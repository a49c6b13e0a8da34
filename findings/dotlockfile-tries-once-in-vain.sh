#!/bin/sh
# dotlockfile -r 0 (and -r 1) never gets past a lock that is too old to count; -r 2 does.
#
# Software: dotlockfile of liblockfile 1.17 (Debian 13).
# Expected: documentation, dotlockfile(1): a lock file without a process id that was not touched for five minutes is not
#   valid, and a lock is made when no valid one is found; "to try only once, use -r 0".
# Seen: over a lock of two hours ago -r 0 and -r 1 end with 4 and leave it there; -r 2 removes it and has the lock. With
#   -p, and the id of a process that is gone, -r 0 has it at once.
# Means: a cron job with `dotlockfile -r 0` (one try, as cron jobs do) that crashed once does not run again, for ever, and
#   ends with the status of "somebody else has it". Use -p, or -r 2 -i 1.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian trixie liblockfile-bin=1.17-2
program trixie usr/bin/dotlockfile dotlockfile
cd "$work" || exit 2

# try OPTION...: over a lock that dotlockfile made and nobody touched for two hours
try() {
    rm -f lock
    "$work/bin/dotlockfile" -r 0 lock
    touch -d '2 hours ago' lock
    "$work/bin/dotlockfile" "$@" lock
    echo $?
}
same '-r 0' "$(try -r 0)" 4
same '-r 1' "$(try -r 1 -i 1)" 4
same '-r 2' "$(try -r 2 -i 1)" 0
sh -c 'exit' &
gone=$!
wait $gone
echo $gone >lock
"$work/bin/dotlockfile" -r 0 -p lock
same '-r 0 -p, its process is gone' $? 0
verdict
