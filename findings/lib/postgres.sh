# shellcheck shell=sh
# A PostgreSQL 17.12 (Debian 13) on a Unix socket in the temporary folder, without a network; its user is "postgres".
# shellcheck disable=SC2154 # $work comes from start.sh
debian trixie postgresql-17=17.12-0+deb13u1
postgres=$work/trixie/usr/lib/postgresql/17/bin
# A program finds its files by its own place, and the server is started by other programs: each is replaced by a script that
# runs it by the loader of its suite, under the old name.
for name in postgres initdb; do
    program trixie "usr/lib/postgresql/17/bin/$name" "$name"
    sed "s|/bin/$name\" |/bin/$name.real\" |; s|--argv0 \"$name\"|--argv0 \"$postgres/$name\"|" "$work/bin/$name" \
        >"$work/script"
    mv "$postgres/$name" "$postgres/$name.real"
    mv "$work/script" "$postgres/$name"
    chmod 755 "$postgres/$name"
done
program trixie usr/lib/postgresql/17/bin/psql psql
mkdir "$work/data"
# The server refuses to be root. Its folder can then be reached by others, and its socket only by root and the server's user.
as_nobody() { exec "$@"; }
if [ "$(id -u)" = 0 ]; then
    chmod 711 "$work"
    chown 65534:65534 "$work/data"
    as_nobody() { exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
fi
(cd "$work/data" &&
    as_nobody "$postgres/initdb" -D "$work/data/base" -U postgres -A trust -N --no-locale -E UTF8 >"$work/log" 2>&1) ||
    cannot "initdb: $(tail -3 "$work/log")"
(cd "$work/data" && as_nobody "$postgres/postgres" -D "$work/data/base" -k "$work/data" -c listen_addresses= \
    -c unix_socket_permissions=0700 -c fsync=off >"$work/log" 2>&1) &
database=$!
remember $database
# It is told to stop, as one that is killed leaves a piece of shared memory.
stop_postgres() {
    kill -QUIT $database 2>/dev/null
    wait $database 2>/dev/null
}
trap "trap '' HUP INT TERM; stop_postgres; finish" EXIT

# sql STATEMENTS: over a connection of its own
sql() { "$work/bin/psql" -X -h "$work/data" -U postgres -d postgres -Atq -c "$1"; }

until_true 30 sql 'SELECT 1' || cannot "PostgreSQL does not start: $(tail -1 "$work/log")"
