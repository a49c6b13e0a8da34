#!/bin/sh
# anacron's lock of a job is anacron's, not the job's: without it the job goes on, and the next anacron starts it again beside.
#
# Software: anacron 2.3-50 (Debian sid).
# Expected: good guess. Its manual calls active jobs "locked", so that "other copies of Anacron won't run them at the same
#   time": a job that runs is locked. One that was killed or has failed is tried again by the next anacron, as nothing was
#   done (the manual has the date written "after the command exits", and does not say how it exits).
# Seen: while anacron lives, the second one skips the job. After SIGKILL (or the OOM killer) for anacron alone, the job goes on,
#   the next anacron starts it again, and both run. A job that ends by a signal, or with 7, has its date written as one
#   that succeeded: not again before the next period, be it a month.
# Means: the lock does not cover what the job leaves running, and a date in /var/spool/anacron says that it ran, not that it
#   did anything. A job that must not run twice takes a lock of its own, one that hangs on the job's life; one that must
#   succeed writes its own date.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian sid anacron=2.3-50
program sid usr/sbin/anacron anacron
mkdir "$work/spool"
cd "$work" || exit 2
# The mail of a killed anacron stays in /tmp, whatever TMPDIR says.
mail=
trap 'rm -f $mail; finish' EXIT
cat >table <<TABLE
SHELL=/bin/sh
30 0 good true
30 0 failed exit 7
30 0 killed kill -KILL \$\$
30 0 long echo in >>$work/long; while [ -e $work/table ] && ! [ -e $work/end ]; do sleep 0.1; done; echo out >>$work/long
TABLE
# run JOB: what anacron says of the job, in the foreground and at once
run() { bin/anacron -d -n -t "$work/table" -S "$work/spool" "$1" 2>&1; }
# twice JOB: how many jobs the first anacron ran, whether it left a date of eight digits, and how many the second one ran
twice() {
    first=$(run "$1" | sed -n 's/.*(\(.*\) jobs* run).*/\1/p')
    dated=$(grep -cE '^[0-9]{8}$' "spool/$1")
    echo "$first $dated $(run "$1" | sed -n 's/.*(\(.*\) jobs* run).*/\1/p')"
}
for job in good failed killed; do same "$job: first anacron, date, second anacron" "$(twice $job)" '1 1 0'; done

# The program itself in the background, so that the signal is for it.
bin/anacron -d -n -t "$work/table" -S "$work/spool" long 2>first &
holder=$!
remember $holder
until_true 10 test -s long || cannot 'the job does not start'
mail=$(readlink /proc/$holder/fd/* | grep '^/tmp/anacron-')
same 'long, beside the first anacron' "$(run long | grep -o 'locked by another anacron')" 'locked by another anacron'
kill -KILL $holder
wait $holder 2>/dev/null
same 'long, started, ended, dated when anacron is dead' "$(grep -c in long) $(grep -c out long) $(wc -c <spool/long)" '1 0 0'
bin/anacron -d -n -t "$work/table" -S "$work/spool" long 2>second &
holder=$!
remember $holder
until_true 10 grep -q 'started' second
until_true 10 sh -c "[ \$(grep -c in '$work/long') = 2 ]"
same 'long, started, ended after the next anacron' "$(grep -c in long) $(grep -c out long)" '2 0'
touch end
wait $holder
until_true 10 sh -c "[ \$(grep -c out '$work/long') = 2 ]"
same 'long, started, ended, dated at the end' "$(grep -c in long) $(grep -c out long) $(wc -c <spool/long)" '2 2 9'
verdict
