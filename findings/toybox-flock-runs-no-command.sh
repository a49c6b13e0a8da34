#!/bin/sh
# toybox has a flock that takes neither a file nor a command nor -w, and says so with the status of "somebody has it".
#
# Software: toybox 0.8.9 (Debian 13); busybox 1.37.0 of Debian 13 has no flock at all.
# Expected: good guess. `flock -n FILE COMMAND` and `flock -w SECONDS` work as with util-linux, in every small system that
#   has a flock.
# Seen: `toybox flock -n FILE COMMAND` and `toybox flock -w 1 FILE COMMAND` end with 1, a usage error on stderr, and do
#   not run the command. Only the form with a descriptor (exec 9>FILE; flock -n 9) works.
# Means: `flock -n file job || exit 0`, as crontabs have it, never runs the job on such a system and never says so. The
#   form with a descriptor works everywhere.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian trixie toybox=0.8.9+dfsg-1.1 busybox=1:1.37.0-6+b9
program trixie usr/bin/toybox toybox
program trixie usr/bin/busybox busybox
cd "$work" || exit 2

"$work/bin/toybox" flock -n file touch ran 2>said
same 'file and command: status' $? 1
same 'file and command: ran' "$(ls ran 2>/dev/null)" ''
"$work/bin/toybox" flock -w 1 file touch ran 2>/dev/null
same '-w: status' $? 1
exec 9>file
"$work/bin/toybox" flock -n 9
same 'descriptor: status' $? 0
(exec 8>file; "$work/bin/toybox" flock -n 8)
same 'descriptor, locked: status' $? 1
same "busybox's applets called flock" "$("$work/bin/busybox" --list | grep -cx flock)" 0
verdict
