# shellcheck shell=sh
# What the findings share: a time limit, a temporary folder, pinned packages, servers in that folder, and the verdict.
# A finding sets `limit` (seconds), sources this file, compares with `same` or `within`, and ends with `verdict`.
# Exit status: 0 the behaviour is still there, 1 it has changed, 2 it could not be looked at, 124 its time was over.

# The whole finding runs under timeout(1), which ends the group of processes: no fault of a package keeps it for ever, and a
# shell that waits for a command gets to clean up.
[ "${FINDING_LIMITED:-}" ] || FINDING_LIMITED=1 exec timeout -k 15 "${limit:?}" sh "$0" "$@"

work=$(mktemp -d)
changed=0

# A process number may be another's by the end; with the start time it is unique.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

finish() {
    trap - EXIT
    trap '' HUP INT TERM
    # SIGCONT, because a finding may have stopped a process that it started.
    while read -r pid began; do
        [ "$(start_time "$pid")" = "$began" ] || continue
        kill -KILL "$pid"
        kill -CONT "$pid"
    done <"$work/processes" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
: >"$work/processes"
trap finish EXIT
trap 'exit 2' HUP INT TERM

# Ends the finding as a whole, also out of a $(...).
cannot() { echo "cannot look: $*" >&2; kill -TERM $$; exit 2; }

# Remembers a process for the end, also out of a $(...). The finding must have started it.
remember() { echo "$1 $(start_time "$1")" >>"$work/processes"; }

# same WHAT SEEN EXPECTED
same() {
    if [ "$2" = "$3" ]; then echo "still so: $1: $2"; else echo "CHANGED: $1: $2 (was: $3)"; changed=1; fi
}

# within WHAT SEEN LEAST MOST, whole numbers
within() {
    case $2 in '' | *[!0-9-]*) echo "CHANGED: $1: '$2' (was: $3 to $4)"; changed=1; return ;; esac
    if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then echo "still so: $1: $2 ($3 to $4)"
    else echo "CHANGED: $1: $2 (was: $3 to $4)"; changed=1; fi
}

# The findings' own helper modules.
PYTHONPATH=$(cd "$(dirname "$0")/lib" && pwd)
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

verdict() { exit "$changed"; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# until_true SECONDS COMMAND...: tries it each 50 ms
until_true() {
    tries=$(($1 * 20)); shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1)); [ "$tries" -gt 0 ] || return 1
        sleep 0.05
    done
}

# The system's own package sources, pointed at another suite ("sid+experimental": at two); nothing below /etc or /var is
# changed.
suite_configuration() {
    [ -e "$work/apt/$1/ready" ] && return
    sources=/etc/apt/sources.list.d/debian.sources
    [ -r "$sources" ] || cannot "no $sources on this system"
    mkdir -p "$work/apt/$1/lists/partial" "$work/apt/$1/archives/partial" "$work/apt/$1/parts"
    awk -v suite="$1" '/^#/ { next } /^$/ { exit }
        /^Types:/ { print "Types: deb"; next } /^Suites:/ { gsub(/\+/, " ", suite); print "Suites: " suite; next } { print }' \
        "$sources" >"$work/apt/$1/parts/suite.sources"
    cat >"$work/apt/$1/conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/apt/$1/parts";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/apt/$1/lists";
Dir::State::status "$work/apt/$1/status";
Dir::Cache "$work/apt/$1";
Acquire::Languages "none";
APT::Sandbox::User "";
CONF
    : >"$work/apt/$1/status"
    APT_CONFIG=$work/apt/$1/conf apt-get -qq update >&2 || cannot "no package lists of $1"
    : >"$work/apt/$1/ready"
}

# What packages depend on for being installed, and no program needs for running.
not_needed='debconf|perl.*|init-system-helpers|dpkg|systemd.*|libsystemd-shared|adduser|passwd|base-.*|login.*|libpam.*|libdb5.*|lsb-base|.*sysv.*|sysuser.*|openssl-provider-legacy|libsemanage.*|libsepol.*|libaudit.*|procps|netbase|ucf|sensible-utils|tzdata'

# debian SUITE NAME=VERSION...: unpacks the packages, with all that they depend on, in $work/SUITE.
debian() {
    suite=$1; shift
    suite_configuration "$suite"
    names=
    for package; do names="$names ${package%%=*}"; done
    # shellcheck disable=SC2086
    needed=$(APT_CONFIG=$work/apt/$suite/conf apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
        --no-breaks --no-replaces --no-enhances -o APT::Cache::ShowOnlyFirstOr=1 $names 2>/dev/null |
        grep -E '^[a-z0-9]' | grep -vE "^($not_needed)\$" | sort -u)
    [ "$needed" ] || cannot "$suite has no$names"
    wanted=
    for package in $needed; do
        for pinned; do [ "${pinned%%=*}" = "$package" ] && package=$pinned; done
        wanted="$wanted $package"
    done
    unpack_debian "$suite" "$wanted"
}

# debian_alone SUITE NAME=VERSION...: the same without what they depend on.
debian_alone() {
    suite=$1; shift
    suite_configuration "$suite"
    unpack_debian "$suite" "$*"
}

unpack_debian() {
    mkdir -p "$work/debs" "$work/$1"
    # shellcheck disable=SC2086
    (cd "$work/debs" && APT_CONFIG=$work/apt/$1/conf apt-get -qq download $2 >&2) ||
        cannot "$1 has not got all of these any more:$2"
    for deb in "$work"/debs/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/$1" --keep-directory-symlink 2>/dev/null
    done
    rm -rf "$work/debs"
}

# program SUITE PATH NAME: $work/bin/NAME runs PATH of the suite by the suite's own loader and libraries.
program() {
    loader=$(find "$work/$1/usr" "$work/$1/lib64" -name 'ld-linux-*.so.*' 2>/dev/null | head -1)
    if [ ! -x "$loader" ] || [ ! -x "$work/$1/$2" ]; then cannot "no $2 in $1"; fi
    libraries=$(dirname "$(find "$work/$1" -name libc.so.6 | head -1)")
    mkdir -p "$work/bin"
    cat >"$work/bin/$3" <<RUN
#!/bin/sh
exec "$loader" --argv0 "$3" --library-path "$libraries:$work/$1/usr/lib/${libraries##*/}:$work/$1/usr/lib" "$work/$1/$2" "\$@"
RUN
    chmod +x "$work/bin/$3"
}

# redis_like SUITE redis|valkey|redict VERSION NAME: its server as $work/bin/NAME, its client as $work/bin/cli.
redis_like() {
    debian "$1" "$2-server=$3" "$2-tools=$3"
    program "$1" "usr/bin/$2-server" "$4"
    program "$1" "usr/bin/$2-cli" cli
}

# serve SOCKET SERVER...: a Redis-like server on the Unix socket $work/SOCKET; its process is $server.
serve() {
    socket=$1; shift
    mkdir -p "$work/$socket.data"
    "$@" --port 0 --unixsocket "$work/$socket" --dir "$work/$socket.data" --save '' >"$work/$socket.log" 2>&1 &
    server=$!
    remember "$server"
    until_true 10 test -S "$work/$socket" || cannot "$1 does not start: $(tail -1 "$work/$socket.log")"
}
