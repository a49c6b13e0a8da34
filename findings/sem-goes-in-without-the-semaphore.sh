#!/bin/sh
# sem --semaphoretimeout 1 does not give up after a second: it runs the command beside the holder. A killed sem does too.
#
# Software: sem of GNU parallel 20240222 (Debian 13).
# Expected: good guess. A time limit ends the waiting with a failure, as flock -w does; a semaphore is free when the
#   command that holds it has ended.
# Seen: --st 1 steals the semaphore after the second: both commands run, status 0, one warning on stderr. (The manual says
#   so.) --st -1 gives up with 1. After SIGKILL of sem the next one is in within a second, while the command of the first
#   goes on. Without --fg the status of the command is lost: sem ends with 0.
# Means: `sem --st 60 backup` is a lock that lets everybody in after a minute. Write the minus, and --fg.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian_alone trixie parallel=20240222+ds-2
HOME=$work
export HOME
cd "$work" || exit 2
sem() { perl "$work/trixie/usr/bin/parallel" --semaphore "$@" 2>/dev/null; }
# perl is started by exec where its process is needed.
sem_alone() { exec perl "$work/trixie/usr/bin/parallel" --semaphore "$@" 2>/dev/null; }

sem --fg --id limit 'touch first; while [ ! -e ended ]; do sleep 0.1; done' &
remember $!
until_true 10 test -e first || cannot 'sem does not run its command'
sem --fg --id limit --st 1 'touch beside'
same 'status of --st 1' $? 0
same 'its command ran' "$(ls beside 2>/dev/null)" beside
sem --fg --id limit --st -1 'touch given-up'
same 'status of --st -1' $? 1
same 'its command ran' "$(ls given-up 2>/dev/null)" ''
touch ended
wait

sem --id status 'exit 3'
same 'status of a command that failed, without --fg' $? 0

sem_alone --fg --id killed 'touch second; sleep 4; touch second-ended' &
remember $!
until_true 10 test -e second || cannot 'sem does not run its command'
kill -KILL $!
timeout 3 perl "$work/trixie/usr/bin/parallel" --semaphore --fg --id killed 'ls second-ended 2>/dev/null || touch both' 2>/dev/null
same 'beside the command of a killed sem' "$(ls both 2>/dev/null)" both
until_true 5 test -e second-ended
verdict
