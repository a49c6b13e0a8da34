#!/bin/sh
# The night in which the clock goes back: one scheduler runs the job of 03:00 at 02:00 as well, another runs that of 02:55
# never, and for two hours nothing else either.
#
# Software: node-cron 4.6.0, cron 4.4.0, croner 11.0.1, node-schedule 2.1.1 (npm), in made-up time by @sinonjs/fake-timers
#   15.5.0; APScheduler 3.11.3, croniter 6.2.4 (Debian sid). Europe/Berlin, 25 October 2026 (03:00 is put back to 02:00) and
#   29 March 2026 (02:00 is put ahead to 03:00).
# Expected: good guess. A daily job runs once on each day. One in the hour that comes twice may run twice with a simple
#   scheduler; one in the hour that is left out runs at its end, or not; 03:00 is outside of both and is safe. A job of
#   every hour does not notice.
# Seen, times in UTC: cron runs "0 3 * * *" at 01:00 (which is 02:00 in Berlin) and at 02:00. node-cron never runs "55 2 * * *"
#   in either night, if the process has the zone for its own; in autumn it runs nothing at all for two hours, "50 * * * *"
#   neither, wakes up a thousand times a second from the second 02:55 to 03:00, and then tells of a "missed execution" and
#   "blocking IO or high CPU". Where the process has UTC and the zone is an option, it leaves out the first of the two
#   hours, and all of 02:55 in spring. APScheduler and croniter have 02:55 twice. croner and node-schedule run each once.
#   (Tried in real time under libfaketime as well: the same of node-cron.)
# Means: "once a day" is not for the schedule to promise, and a lock that is free again does not keep the second run out. Put
#   the day into the lock's name and let it outlive the hour; or keep schedules in UTC.
# Time: about a minute.
limit=400
. "$(dirname "$0")/lib/start.sh"

mkdir "$work/npm"
cd "$work/npm" || exit 2
npm install --silent --no-audit --no-fund --ignore-scripts node-cron@4.6.0 cron@4.4.0 croner@11.0.1 node-schedule@2.1.1 \
    @sinonjs/fake-timers@15.5.0 >&2 || cannot npm
cat >nights.js <<'JS'
const [which, schedule, option] = process.argv.slice(2);
const timezone = option === 'option' ? 'Europe/Berlin' : undefined;
const start = {
    'node-cron': run => require('node-cron').schedule(schedule, run, {timezone}),
    cron: run => require('cron').CronJob.from({cronTime: schedule, onTick: run, start: true, timeZone: timezone}),
    croner: run => new (require('croner').Cron)(schedule, {timezone}, run),
    'node-schedule': run => require('node-schedule').scheduleJob({rule: schedule, tz: timezone}, run),
};
(async () => {
    const seen = [];
    for (const evening of ['2026-10-24T22:00:00Z', '2026-03-28T22:00:00Z']) {
        const clock = require('@sinonjs/fake-timers').install({now: new Date(evening)});
        const runs = [];
        start[which](() => {
            const now = new Date().toISOString();
            // From midnight to 04:00 UTC; the clock changes at 01:00.
            if (now.slice(8, 10) !== evening.slice(8, 10) && now.slice(11, 13) < '04') runs.push(now.slice(11, 16));
        });
        await clock.tickAsync(6 * 3600 * 1000);
        clock.uninstall();
        seen.push(runs.join(' ') || 'never');
    }
    console.log('autumn ' + seen[0] + ', spring ' + seen[1]);
    process.exit();
})();
JS
# nights ZONE-OF-THE-PROCESS LIBRARY SCHEDULE own|option: the runs of both nights
nights() { TZ=$1 timeout 100 node nights.js "$2" "$3" "$4" 2>>log | tail -1; }

four='00:50 01:50 02:50 03:50'
for library in croner node-schedule; do
    same "$library, 03:00" "$(nights UTC $library '0 3 * * *' option)" 'autumn 02:00, spring 01:00'
done
same 'croner, 02:55' "$(nights UTC croner '55 2 * * *' option)" 'autumn 00:55, spring 01:00'
same 'node-schedule, 02:55' "$(nights UTC node-schedule '55 2 * * *' option)" 'autumn 00:55, spring 01:55'
same 'croner, every hour at :50' "$(nights UTC croner '50 * * * *' option)" "autumn $four, spring $four"
same 'cron, 03:00, zone as an option' "$(nights UTC cron '0 3 * * *' option)" 'autumn 01:00 02:00, spring 01:00'
same 'cron, 03:00, zone of the process' "$(nights Europe/Berlin cron '0 3 * * *' own)" 'autumn 01:00 02:00, spring 01:00'
same 'cron, 02:55' "$(nights UTC cron '55 2 * * *' option)" 'autumn 00:55, spring 01:00'
same 'node-cron, 03:00' "$(nights Europe/Berlin node-cron '0 3 * * *' own)" 'autumn 02:00, spring 01:00'
same 'node-cron, 02:55, zone of the process' "$(nights Europe/Berlin node-cron '55 2 * * *' own)" 'autumn never, spring never'
same 'node-cron, 02:55, zone as an option' "$(nights UTC node-cron '55 2 * * *' option)" 'autumn 01:55, spring never'
said=$(nights Europe/Berlin node-cron '50 * * * *' own)
same 'node-cron, every hour at :50, zone of the process' "$said" "autumn 02:50 03:50, spring $four"
said=$(nights UTC node-cron '50 * * * *' option)
same 'node-cron, every hour at :50, zone as an option' "$said" "autumn 01:50 02:50 03:50, spring $four"

debian sid python3-apscheduler=3.11.3-1 python3-croniter=6.2.4-1
debian_alone sid tzdata
program sid usr/bin/python3 python
PYTHONHOME=$work/sid/usr PYTHONPATH=$work/sid/usr/lib/python3/dist-packages PYTHONTZPATH=$work/sid/usr/share/zoneinfo
export PYTHONHOME PYTHONPATH PYTHONTZPATH
set -- "$("$work/bin/python" -c '
import datetime, zoneinfo
from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
zone, utc = zoneinfo.ZoneInfo("Europe/Berlin"), datetime.timezone.utc
noon = datetime.datetime(2026, 10, 24, 12, tzinfo=utc).astimezone(zone)
trigger = CronTrigger(hour=2, minute=55, timezone=zone)
first = trigger.get_next_fire_time(None, noon)
times = croniter("55 2 * * *", noon)
runs = [first, trigger.get_next_fire_time(first, first)], [times.get_next(datetime.datetime) for _ in range(2)]
for both in runs:
    print(*[run.astimezone(utc).strftime("%d. %H:%M") for run in both])')"
same 'APScheduler, 02:55' "$(echo "$1" | sed -n 1p)" '25. 00:55 25. 01:55'
same 'croniter, 02:55' "$(echo "$1" | sed -n 2p)" '25. 00:55 25. 01:55'
verdict
