#!/bin/sh
# lslocks of Debian 12 names a process that is dead, and hides the file, when a lock has outlived the one that took it.
#
# Software: lslocks of util-linux 2.38.1 (Debian 12); that of 2.41.5 (Debian 13) is right.
# Expected: good guess. lslocks answers "who keeps this file locked" with a process that lives and has the file open.
# Seen: flock was killed, its command lives on and keeps the lock. 2.38.1 prints the dead flock's number, "(unknown)" for
#   its name and "/..." or nothing for the path, so that a search for the path finds nothing; 2.41.5 prints the command.
# Means: on Debian 12 ask `fuser FILE` or look through /proc/*/fd. The number that is printed may be another process by
#   now: do not kill it.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian bookworm util-linux=2.38.1-5+deb12u3
program bookworm usr/bin/lslocks lslocks-2.38.1
program bookworm usr/bin/flock flock
debian trixie util-linux=2.41.5-0+deb13u1
program trixie usr/bin/lslocks lslocks-2.41.5

# shellcheck disable=SC2016
"$work/bin/flock" "$work/file" sh -c 'echo $$ >"$0/keeper"; exec sleep 30' "$work" &
taker=$!
remember $taker
until_true 5 test -s "$work/keeper" || cannot 'flock does not run its command'
keeper=$(cat "$work/keeper")
remember "$keeper"
kill -KILL $taker
wait $taker 2>/dev/null
"$work/bin/flock" -n "$work/file" true
same 'the file is locked (status of flock -n)' $? 1
same '2.38.1: lines with the path' "$("$work/bin/lslocks-2.38.1" -n -u -o PATH | grep -c "$work/file")" 0
same '2.38.1: the dead process' "$("$work/bin/lslocks-2.38.1" -n -o PID,COMMAND | grep -w $taker | awk '{ print $2 }')" '(unknown)'
same '2.41.5: the process of the path' "$("$work/bin/lslocks-2.41.5" -n -u -o PID,PATH | grep "$work/file" | awk '{ print $1 }')" "$keeper"
verdict
