#!/bin/sh
# BusyBox's crond does not start a job while its last run goes on; but once the table is read again it does.
#
# Software: busybox 1.38.0 (Debian sid), as in Alpine's images.
# Expected: good guess. As with the cron of other systems the job is started at each of its minutes, whether the last run is
#   over or not; who wants one at a time takes a lock.
# Seen: a job of each minute that goes on for more than one is started once; crond's log tells "process already running" each
#   minute, the caller nothing. A job whose shell has ended and left a process in the background counts as over and is
#   started again. Once the table is read again (cron.update, as crontab -e does) the running job is forgotten, and a second
#   run starts beside it.
# Means: a job that hangs is the last of its kind. And who counts on it, or moves a table that had no lock from such an image
#   to another cron, gets two at a time: by the move, or by an edit of any line of the table. Take a lock with a time limit
#   in the job in any case.
# Time: up to two and a half minutes, as jobs start by the minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

[ "$(id -u)" = 0 ] || cannot 'crond runs for root only'
debian_alone sid busybox-static=1:1.38.0-3+b1
busybox=$work/sid/usr/bin/busybox

# A job that goes on until the finding is over, and tells each start; once in the foreground, once in the background.
cat >"$work/job" <<JOB
echo started >>"\$1"
while [ -e "$work/job" ]; do sleep 1; done
JOB
for name in left edited; do
    mkdir "$work/$name"
    : >"$work/$name.log"
    cat >"$work/$name/root" <<TABLE
* * * * * sh $work/job $work/$name.long
* * * * * sh $work/job $work/$name.background &
TABLE
    "$busybox" crond -f -c "$work/$name" -L "$work/$name.log" &
    remember $!
done
until_true 70 test -s "$work/edited.long" || cannot 'no job starts'
sleep 2
echo root >"$work/edited/cron.update"
sleep 65

# starts FILE: how often a job was started
starts() { wc -l <"$1"; }
same 'starts of a job that goes on, in two minutes' "$(starts "$work/left.long")" 1
same 'told in the log' "$(grep -c 'already running' "$work/left.log")" 1
same 'starts of one that left a process in the background' "$(starts "$work/left.background")" 2
same 'starts of a job that goes on, the table read again in between' "$(starts "$work/edited.long")" 2
verdict
