#!/bin/sh
# DPkg::Lock::Timeout makes apt-get wait for dpkg's lock, and not for the two of its own: update and download fail at once.
#
# Software: apt 3.0.4 (Debian 13); 2.6.1 (Debian 12) and 3.3.5 (sid) are the same.
# Expected: good guess. -o DPkg::Lock::Timeout=10 makes every apt-get wait up to ten seconds for whatever lock another one
#   holds.
# Seen: `apt-get update` beside another update ends at once with "Could not get lock .../lists/lock", status
#   100; `apt-get clean` likewise for the archives' lock. The option is about dpkg's lock alone.
# Means: two provisioning jobs on one host fail now and then in spite of the option. Put one lock of your own around the
#   whole of it, or try again.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

suite_configuration trixie
debian trixie apt=3.0.4 libapt-pkg7.0
program trixie usr/bin/apt-get apt-get
APT_CONFIG=$work/apt/trixie/conf
export APT_CONFIG

# beside LOCKFILE COMMAND...: status and milliseconds of the command while another process has the lock
beside() {
    file=$1; shift
    rm -f "$work/held"
    python3 -c 'import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.lockf(file, fcntl.LOCK_EX)
open(sys.argv[2], "w")
time.sleep(30)' "$file" "$work/held" &
    holder=$!
    remember $holder
    until_true 5 test -e "$work/held" || cannot 'the lock is not held'
    started=$(now_ms)
    "$work/bin/apt-get" -o DPkg::Lock::Timeout=10 -o Dir::Bin::methods=/usr/lib/apt/methods "$@" >"$work/said" 2>&1
    echo "$? $(($(now_ms) - started))"
    kill $holder
    wait $holder 2>/dev/null
}
set -- "$(beside "$work/apt/trixie/lists/lock" update)"
same 'update: status' "${1% *}" 100
within 'update: ms' "${1#* }" 0 9000
same 'update names the lock' "$(grep -c 'Could not get lock .*/lists/lock' "$work/said")" 1
set -- "$(beside "$work/apt/trixie/archives/lock" clean)"
same 'clean: status' "${1% *}" 100
within 'clean: ms' "${1#* }" 0 9000
verdict
