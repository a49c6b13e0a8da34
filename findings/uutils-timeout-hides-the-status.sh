#!/bin/sh
# The timeout of uutils, which is the timeout of newer distributions, hides the status of a command that ends in order on SIGTERM.
#
# Software: uutils coreutils 0.12.0 (Debian sid); beside it GNU coreutils 9.7 (Debian 13).
# Expected: good guess. uutils takes GNU's place, so timeout hands a SIGTERM on to its command and ends with the command's
#   own status.
# Seen: the signal is handed on, the command ends by itself with 3; GNU's timeout ends with 3, that of uutils with 143
#   (129 for SIGHUP), by the signal.
# Means: `LOCK -- timeout 1h job` that is stopped in order (a deployment, a shutdown) reports the job as killed there; a
#   status of its own that says "stopped, all is saved" is lost. Tests of exit statuses that pass on one distribution fail
#   on the next.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian sid rust-coreutils=0.12.0-1
program sid usr/bin/coreutils uutils
debian trixie coreutils=9.7-3
program trixie usr/bin/timeout gnu

# ended_by SIGNAL COMMAND...: the status of timeout, and what its command saw
ended_by() {
    signal=$1; shift
    rm -f "$work/ready" "$work/got"
    # shellcheck disable=SC2016
    "$@" 30 sh -c 'trap "echo TERM >$0/got; exit 3" TERM; trap "echo HUP >$0/got; exit 3" HUP
        touch "$0/ready"; while :; do sleep 0.1; done' "$work" 2>/dev/null &
    remember $!
    until_true 5 test -e "$work/ready" || cannot 'the command does not run'
    kill -"$signal" $!
    wait $! 2>/dev/null
    echo "$? $(cat "$work/got")"
}
same 'GNU, SIGTERM' "$(ended_by TERM "$work/bin/gnu")" '3 TERM'
same 'uutils, SIGTERM' "$(ended_by TERM "$work/bin/uutils" timeout)" '143 TERM'
same 'GNU, SIGHUP' "$(ended_by HUP "$work/bin/gnu")" '3 HUP'
same 'uutils, SIGHUP' "$(ended_by HUP "$work/bin/uutils" timeout)" '129 HUP'
verdict
