#!/bin/sh
# logrotate takes no lock at all when its state file is readable for all, and rotates beside another logrotate.
#
# Software: logrotate 3.22.0 (Debian 13).
# Expected: good guess, after logrotate(8): the state file is locked, a second logrotate fails with 1.
# Seen: with a state file of mode 0640, as logrotate makes it: status 3, nothing is rotated. With one of mode 0644 (made by
#   touch, or by an old version): a warning ("Skipping lock acquisition"), status 0, and the file is rotated although the
#   lock is held.
# Means: two runs (cron and by hand, or two configurations with one -s) may rotate twice and lose a generation. chmod 640
#   the state file; put a lock of your own around it where it cannot be. 3 means "another one is at it".
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian trixie logrotate=3.22.0-1 util-linux=2.41.5-0+deb13u1
program trixie usr/sbin/logrotate logrotate
program trixie usr/bin/flock flock
printf '%s {\n size 1\n rotate 3\n}\n' "$work/log" >"$work/configuration"
chmod 600 "$work/configuration"
echo line >"$work/log"
"$work/bin/logrotate" -s "$work/state" "$work/configuration"
same 'mode of its own state file' "$(stat -c %a "$work/state")" 640

# shellcheck disable=SC2016
"$work/bin/flock" "$work/state" sh -c 'echo $$ >"$0/held"; exec sleep 30' "$work" &
remember $!
until_true 5 test -s "$work/held" || cannot 'the lock is not held'
remember "$(cat "$work/held")"
# beside_another: rotates, and says its status and whether the log is still there
beside_another() {
    echo line >"$work/log"
    "$work/bin/logrotate" -s "$work/state" "$work/configuration" 2>"$work/said"
    echo "$? $(cat "$work/log" 2>/dev/null)"
}
same 'mode 640, beside another' "$(beside_another)" '3 line'
chmod 644 "$work/state"
same 'mode 644, beside another' "$(beside_another)" '0 '
same 'it says' "$(grep -o 'Skipping lock acquisition' "$work/said")" 'Skipping lock acquisition'
verdict
