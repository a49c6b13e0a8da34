#!/bin/sh
# A `git maintenance run` that is killed stops all later ones, those that git starts by itself too: they do nothing, print
# nothing and end with 0.
#
# Software: git 2.55.0 (Debian sid), 2.47.3 (Debian 13).
# Expected: good guess. The lock of a dead run is found out, as `git gc` does with its own (gc.pid: by host name and process
#   number, and after twelve hours in any case); or the next run fails and says why.
# Seen: the lock is the bare existence of objects/maintenance.lock, of any age. Where no terminal reads its errors, the next
#   run is silent and ends with 0. `git maintenance run --auto`, which commit, fetch and receive-pack start, is silent
#   everywhere. With --no-quiet there is a warning, still with 0, and the file that it names does not exist (the name has
#   lost its ".lock"). `git gc` by hand takes its own lock only, and works.
# Means: after one power cut a repository with background maintenance is never packed again, and no timer's status shows it.
#   Watch the age of that file; remove it when no git runs.
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

debian sid git=1:2.55.0-1
debian trixie git=1:2.47.3-0+deb13u1
GIT_AUTHOR_NAME=name GIT_AUTHOR_EMAIL=mail GIT_COMMITTER_NAME=name GIT_COMMITTER_EMAIL=mail
GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_EXEC_PATH=$work/bin GIT_TEMPLATE_DIR=
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL \
    GIT_EXEC_PATH GIT_TEMPLATE_DIR

for version in 2.47.3 2.55.0; do
    case $version in 2.47.3) suite=trixie ;; *) suite=sid ;; esac
    program $suite usr/bin/git git
    git=$work/bin/git
    mkdir "$work/$version"
    cd "$work/$version" || exit 2
    "$git" init -q . 2>/dev/null
    for setting in gc.auto=1 gc.autoDetach=false maintenance.autoDetach=false protocol.ext.allow=always \
        remote.slow.url='ext::sleep 3' remote.slow.fetch='+refs/heads/*:refs/remotes/slow/*'; do
        "$git" config "${setting%%=*}" "${setting#*=}"
    done
    # New loose objects, thirty files in the folder that gc.auto=1 looks at and in others. Prints how many there are.
    commit() {
        for number in $(seq 30); do echo "$1 $number" >"file$number"; done
        "$git" add . && "$git" commit -qm "$1" >&2
        loose
    }
    loose() { "$git" count-objects | cut -d' ' -f1; }
    # What a command printed, how it ended, and whether loose objects are left
    does() {
        "$@" >"$work/said" 2>&1
        status=$?
        echo "'$(tail -1 "$work/said")' $status $([ "$(loose)" = 0 ] && echo packed || echo loose)"
    }

    "$git" maintenance run --task=prefetch >/dev/null 2>&1 &
    killed=$!
    remember $killed
    until_true 10 test -e .git/objects/maintenance.lock || cannot 'no lock of a run'
    kill -KILL $killed
    wait $killed 2>/dev/null
    touch -d '40 days ago' .git/objects/maintenance.lock
    within "git $version, loose objects after a commit" "$(commit first 2>/dev/null)" 30 40
    same "git $version, maintenance run" "$(does "$git" maintenance run)" "'' 0 loose"
    same "git $version, maintenance run --auto" "$(does "$git" maintenance run --auto --no-quiet)" "'' 0 loose"
    same "git $version, maintenance run --no-quiet" "$(does "$git" maintenance run --no-quiet)" \
        "'warning: lock file '.git/objects/maintenance' exists, skipping maintenance' 0 loose"
    echo "99999999 $(hostname)" >.git/gc.pid
    same "git $version, gc beside that lock, and with a gc.pid of the dead" "$(does "$git" gc --quiet)" "'' 0 packed"
    rm .git/objects/maintenance.lock
    commit second >/dev/null 2>&1
    same "git $version, maintenance run without the lock" "$(does "$git" maintenance run)" "'' 0 packed"
done
verdict
