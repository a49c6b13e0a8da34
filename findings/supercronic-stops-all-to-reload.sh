#!/bin/sh
# supercronic that is told to read its table again starts no job at all until the longest that runs now is over.
#
# Software: supercronic 0.2.45 (Debian sid), the cron of containers. Without an option; the signal is SIGUSR2.
# Expected: good guess. The new table is read at once; a job that runs goes on, and the others come at their times, as with
#   crond (which starts no job twice, and misses none, for a changed table).
# Seen: one job a second, beside one that takes 8 s. From the signal to the end of the long one there is no tick, and what
#   was missed is not made up for: a gap of 9 s. The new table counts only afterwards. Without the signal the longest gap
#   is a second. "-overlapping" changes nothing.
# Means: with a backup of four hours, a reload (of a changed ConfigMap, by a side container) stops renewals, health checks and
#   all else of that table for four hours, with one line in the log. Give long jobs a supercronic of their own.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian_alone sid supercronic=0.2.45-1
cd "$work" || exit 2

# shellcheck disable=SC2016 # for the shells of the jobs
write_table() {
    {
        echo '* * * * * * * date +%s >>ticks'
        echo '* * * * * * * mkdir long 2>/dev/null && { sleep 8; touch long-over; }'
        echo "$1"
    } >table
}
# gap SIGNAL OPTION...: the longest gap between two ticks in s, before the long job's end, and whether the new table counted
# before that end
gap() {
    signal=$1; shift
    rm -rf ticks long long-over new
    write_table ''
    "$work/sid/usr/bin/supercronic" "$@" table >>log 2>&1 &
    cron=$!
    remember $cron
    until_true 10 test -d long || cannot "no job runs: $(tail -1 log)"
    write_table '* * * * * * * touch new'
    kill "-$signal" "$cron"
    until_true 15 test -e long-over || cannot 'the long job is never over'
    early=no
    [ -e new ] && early=yes
    sleep 2.5
    late=no
    [ -e new ] && late=yes
    kill -TERM "$cron"
    wait "$cron" 2>/dev/null
    echo "$(awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { print most }' ticks) $early $late"
}
said=$(gap CONT)
within 'without the signal: the longest gap in s' "${said%% *}" 1 2
said=$(gap USR2)
within 'with it' "${said%% *}" 6 10
same 'the new table counts before the end of the long job, after it' "${said#* }" 'no yes'
said=$(gap USR2 -overlapping)
within 'with it and -overlapping' "${said%% *}" 6 10
verdict
