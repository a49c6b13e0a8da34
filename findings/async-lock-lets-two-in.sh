#!/bin/sh
# async-lock with maxExecutionTime starts the next function while the one before is still running.
#
# Software: async-lock 1.5.0 (npm).
# Expected: good guess. maxExecutionTime ends the caller's waiting with an error; the next function starts when the first
#   has really ended, as a promise cannot be stopped from outside.
# Seen: the caller gets its error after 300 ms, the next function starts in the same moment, and the first one goes on for
#   its full second. maxOccupationTime, which counts the time in the queue as well, keeps the next one out.
# Means: with this option the lock bounds nothing but the time of the error; two are inside. The first has to find out
#   by itself that it is no longer alone, and nobody tells it. Use no such option where the function writes anything.
# Time: about ten seconds.
limit=300
. "$(dirname "$0")/lib/start.sh"

mkdir "$work/npm"
(cd "$work/npm" && npm install --silent --no-audit --no-fund --ignore-scripts async-lock@1.5.0 >&2) || cannot 'npm'
cat >"$work/npm/two.js" <<'JS'
const AsyncLock = require('async-lock');
const lock = new AsyncLock({[process.argv[2]]: 300});
const pause = ms => new Promise(done => setTimeout(done, ms));
let inside = 0, most = 0;
const work = ms => async () => { most = Math.max(most, ++inside); await pause(ms); inside--; };
const quiet = () => {};
lock.acquire('name', work(1000)).catch(error => console.log(error.message.split(' is ')[0]));
// The second comes late enough for its own time not to be over before it starts.
setTimeout(() => lock.acquire('name', work(50)).catch(quiet), 200);
setTimeout(() => console.log('most inside at once: ' + most), 1500);
JS
both() { node "$work/npm/two.js" "$1" | tr '\n' ';'; }
same maxExecutionTime "$(both maxExecutionTime)" 'Maximum execution time;most inside at once: 2;'
same maxOccupationTime "$(both maxOccupationTime)" 'Maximum occupation time;most inside at once: 1;'
verdict
