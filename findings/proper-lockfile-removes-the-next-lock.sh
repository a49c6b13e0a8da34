#!/bin/sh
# proper-lockfile: who was busy for longer than `stale` and then releases, removes the lock of the next holder, and hears "ok".
#
# Software: proper-lockfile 4.1.2 (npm).
# Expected: good guess. A holder whose event loop stood still is found out by the time stamp of the lock: release() is
#   rejected (ECOMPROMISED or ERELEASED), and the folder of the next holder stays. The same at the end of the process.
# Seen: release() straight after the busy part is resolved, the next holder's folder is gone, and a third gets in beside the
#   next holder. process.exit() straight after it removes the folder as well. Only if the timers of the event loop get a turn
#   before that is the holder told (onCompromised); release() is then ERELEASED, and the third stays out. The time stamp is
#   compared at each renewal, and not at the release.
# Means: synchronous work under this lock (execSync, gunzipSync, a big JSON) for longer than `stale`, 10 s as it comes, lets in
#   two more, not one. Wait for a moment (await a timer) before the release, or do such work in a child process.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

mkdir "$work/npm"
(cd "$work/npm" && npm install --silent --no-audit --no-fund --ignore-scripts proper-lockfile@4.1.2 >&2) || cannot 'npm'
# lock.js first MODE | second | third, in a folder of their own
cat >"$work/npm/lock.js" <<'JS'
const fs = require('fs');
const {lock} = require('proper-lockfile');
const [who, mode] = process.argv.slice(2);
const options = {stale: 5000, onCompromised: error => console.log('told ' + error.code)};
const pause = ms => new Promise(done => setTimeout(done, ms));
// Waits for a file, and lets nothing else run.
const busyUntil = name => {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    for (let tries = 0; tries < 400 && !fs.existsSync(name); tries++) Atomics.wait(nothing, 0, 0, 50);
};
(async () => {
    if (who === 'first') {
        const release = await lock('file', options);
        fs.writeFileSync('first', '');
        busyUntil('second');
        if (mode === 'exit') process.exit();
        if (mode === 'later') await pause(500);
        console.log(await release().then(() => 'released', error => error.code));
    } else if (who === 'second') {
        await lock('file', {...options, retries: {retries: 100, minTimeout: 100, maxTimeout: 100}});
        fs.writeFileSync('second', '');
        while (!fs.existsSync('end')) await pause(50);
        process.exit();
    } else {
        console.log(await lock('file', options).then(() => 'third in', error => 'third ' + error.code));
        process.exit();
    }
})();
JS
# three MODE: what the first hears, and whether the third gets in while the second has the lock
three() {
    mkdir "$work/$1"
    cd "$work/$1" || exit 2
    touch file
    node "$work/npm/lock.js" first "$1" >said &
    first=$!
    remember $first
    until_true 10 test -e first || cannot 'the first does not get the lock'
    node "$work/npm/lock.js" second >second.said &
    second=$!
    remember $second
    until_true 20 test -e second || cannot 'the second does not get the lock'
    wait $first
    node "$work/npm/lock.js" third >>said
    touch end
    wait $second
    tr '\n' ';' <said
}
same 'busy, then release()' "$(three at-once)" 'released;third in;'
same 'busy, then process.exit()' "$(three exit)" 'third in;'
same 'busy, then half a second for the timers' "$(three later)" 'told ECOMPROMISED;ERELEASED;third ELOCKED;'
verdict
