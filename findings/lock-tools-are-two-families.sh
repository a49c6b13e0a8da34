#!/bin/sh
# The tools that run a command under a lock file are two families that do not see each other's locks on the same file.
#
# Software: Debian 13: flock (util-linux 2.41.5), setlock (daemontools 0.76), chpst (runit 2.2.0), s6-setlock (s6
#   2.13.1.0), lckdo (moreutils 0.69), with-lock-ex (chiark-utils 8.0.1), zsystem flock (zsh 5.9). s6 2.15.1.0 of sid is
#   the same.
# Expected: good guess. flock, setlock, chpst -L, s6-setlock, with-lock-ex and zsh's zsystem flock, by its name, use
#   flock(2) and exclude each other; lckdo alone uses fcntl locks.
# Seen: flock, setlock and chpst exclude each other; s6-setlock, lckdo, with-lock-ex and zsystem flock do so too; between the
#   families both commands run at once, and each tool says that it has the lock. The families differ in a second thing:
#   when the command ends and leaves a process behind, flock, setlock and chpst keep the lock for it; s6-setlock, lckdo
#   and with-lock-ex do not.
# Means: moving one of two jobs from setlock to s6-setlock, or from flock to zsh's own, ends their exclusion, silently.
#   Check each pair.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian trixie util-linux=2.41.5-0+deb13u1 daemontools=1:0.76-14 runit=2.2.0-3 s6=2.13.1.0-1 moreutils=0.69-1 chiark-utils-bin=8.0.1 zsh=5.9-8+b25
for tool in flock setlock chpst s6-setlock lckdo with-lock-ex; do program trixie usr/bin/$tool $tool; done
cd "$work" || exit 2
PATH=$work/bin:$PATH

# under TOOL FILE COMMAND...: without waiting
under() {
    tool=$1; shift
    case $tool in
    flock | s6-setlock | setlock) "$tool" -n "$@" ;;
    chpst) chpst -L "$@" ;;
    lckdo) lckdo "$@" ;;
    with-lock-ex) with-lock-ex -f "$@" ;;
    esac
}

for holder in flock setlock chpst s6-setlock lckdo with-lock-ex; do
    rm -f inside ended
    # shellcheck disable=SC2016
    under $holder file sh -c 'touch inside; while [ ! -e ended ]; do sleep 0.05; done' &
    remember $!
    until_true 5 test -e inside || cannot "$holder does not run its command"
    let_in=
    for other in flock setlock chpst s6-setlock lckdo with-lock-ex; do
        under $other file true 2>/dev/null && let_in="$let_in $other"
    done
    touch ended
    wait $!
    case $holder in
    flock | setlock | chpst) expected=' s6-setlock lckdo with-lock-ex' after=locked ;;
    *) expected=' flock setlock chpst' after=free ;;
    esac
    same "beside $holder are let in" "$let_in" "$expected"
    under $holder file sh -c 'sleep 1 >/dev/null 2>&1 &'
    if under $holder file true 2>/dev/null; then seen=free; else seen=locked; fi
    same "$holder, its command gone, a process of it left" "$seen" $after
    sleep 1.1
done

program trixie usr/bin/zsh zsh
modules=$(find "$work/trixie" -name system.so)
# zsystem: takes the lock without waiting, through the shell's builtin
zsystem() { zsh -f -c "module_path=('${modules%/zsh/system.so}'); zmodload zsh/system && zsystem flock -t 0 file"; }
for holder in flock with-lock-ex; do
    rm -f inside ended
    # shellcheck disable=SC2016
    under $holder file sh -c 'touch inside; while [ ! -e ended ]; do sleep 0.05; done' &
    remember $!
    until_true 5 test -e inside || cannot "$holder does not run its command"
    if zsystem 2>/dev/null; then seen=let-in; else seen=refused; fi
    case $holder in flock) expected=let-in ;; *) expected=refused ;; esac
    same "zsystem flock beside $holder" $seen $expected
    touch ended
    wait $!
done
verdict
