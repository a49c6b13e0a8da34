#!/bin/sh
# BullMQ: a job whose lock is lost runs on beside its second run, is not told, and overwrites the data of the second.
#
# Software: bullmq 6.7.0 with ioredis 6.0.0 (npm). Server: redis 8.0.2 (Debian 13).
# Expected: good guess. The event loop of a worker stands still for longer than lockDuration, the job counts as stalled and
#   runs again elsewhere (documented). When the first worker is back and hears that the lock is lost, it aborts the job's
#   `signal`, or the job's next call is rejected: what it writes by the job is under the lock.
# Seen: the first worker emits lockRenewalFailed and an error ("could not renew lock"), and the signal is never aborted.
#   job.extendLock(token) is resolved with 0, updateData(), updateProgress() and log() are carried out: the finished job
#   has the second's result and the first's data. Only the first's own result is refused ("Lock mismatch"), as an error of
#   the worker, and no "failed" event comes.
# Means: check extendLock() for 1 before each write. worker.on('lockRenewalFailed', ids => ids.forEach(id =>
#   worker.cancelJob(id))), as in BullMQ's guide, aborts the signal; nothing does so by itself. A job has to be safe to run
#   twice at once.
# Time: about 20 seconds.
limit=300
. "$(dirname "$0")/lib/start.sh"

redis_like trixie redis 5:8.0.2-3+deb13u3 server
mkdir "$work/npm"
(cd "$work/npm" && npm install --silent --no-audit --no-fund --ignore-scripts bullmq@6.7.0 ioredis@6.0.0 >&2) || cannot 'npm'
serve socket "$work/bin/server"
cat >"$work/npm/job.js" <<'JS'
const fs = require('fs');
const {Queue, Worker} = require('bullmq');
const [socket, who] = process.argv.slice(2);
const connection = {path: socket, maxRetriesPerRequest: null};
const pause = ms => new Promise(done => setTimeout(done, ms));
const told = {};
const count = name => () => { told[name] = (told[name] || 0) + 1; };

async function first(job, token, signal) {
    signal.addEventListener('abort', count('aborted'));
    fs.writeFileSync('first', '');
    // Stands still until the second has the job, and then lets a renewal fail.
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    for (let tries = 0; tries < 400 && !fs.existsSync('second'); tries++) Atomics.wait(nothing, 0, 0, 50);
    await pause(1500);
    const calls = [job.extendLock(token, 1000), job.updateData({by: 'first'}), job.updateProgress(1), job.log('first')];
    const ends = await Promise.allSettled(calls);
    console.log('calls: ' + ends.map(end => end.status === 'rejected' ? 'rejected' : end.value ?? 'done').join(' '));
    return 'first';
}
async function second(job) {
    await job.updateData({by: 'second'});
    fs.writeFileSync('second', '');
    while (!fs.existsSync('end')) await pause(50);
    return 'second';
}
(async () => {
    if (who === 'queue') {
        const job = await new Queue('queue', {connection}).add('job', {by: 'nobody'});
        console.log('added: ' + job.id);
    } else if (who === 'look') {
        const job = await new Queue('queue', {connection}).getJob('1');
        console.log('finished: ' + [await job.getState(), job.returnvalue, job.data.by].join(' '));
    } else {
        const options = {connection, lockDuration: 1000, stalledInterval: 500};
        const worker = new Worker('queue', who === 'first' ? first : second, options);
        worker.on('lockRenewalFailed', count('lockRenewalFailed'));
        worker.on('failed', count('failed'));
        worker.on('completed', count('completed'));
        worker.on('error', error => count((error.message.match(/mismatch|could not renew/) ?? ['error'])[0])());
        while (who === 'first' ? !told.mismatch : !told.completed) await pause(50);
        // "failed" may come behind the error.
        await pause(1000);
        console.log(who + ': ' + Object.keys(told).sort().join(' '));
    }
    process.exit();
})();
JS
cd "$work" || exit 2
as() { node "$work/npm/job.js" "$work/socket" "$1" 2>>log; }
in_background() {
    node "$work/npm/job.js" "$work/socket" "$1" >>said 2>>log &
    worker=$!
    remember $worker
}
as queue >>said
in_background first
first=$worker
until_true 20 test -e first || cannot 'the first does not get the job'
in_background second
second=$worker
wait $first
touch end
wait $second
as look >>said
said() { sed -n "s/^$1: //p" said; }
same 'the first, without the lock: extendLock, updateData, updateProgress, log' "$(said calls)" '0 done done 1'
same 'what the first worker was told' "$(said first)" 'could not renew lockRenewalFailed mismatch'
same 'what the second worker was told' "$(said second)" completed
same 'the job: state, result, data' "$(said finished)" 'completed second first'
verdict
