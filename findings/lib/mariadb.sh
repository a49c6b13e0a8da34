# shellcheck shell=sh
# A MariaDB 11.8.9 on a Unix socket in the temporary folder, without users and without a network.
# shellcheck disable=SC2154 # $work comes from start.sh
debian sid mariadb-server-core=1:11.8.9+ds-4 mariadb-client-core=1:11.8.9+ds-4
program sid usr/sbin/mariadbd mariadbd
program sid usr/bin/mariadb mariadb
mkdir "$work/data"
"$work/bin/mariadbd" --no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/socket" --skip-networking \
    --skip-grant-tables --lc-messages-dir="$work/sid/usr/share/mysql" --innodb-buffer-pool-size=16M >"$work/log" 2>&1 &
remember $!

# sql STATEMENTS: over a connection of its own
sql() { "$work/bin/mariadb" --no-defaults -S "$work/socket" -N -B -e "$1"; }

until_true 30 sql 'SELECT 1' || cannot "MariaDB does not start: $(tail -1 "$work/log")"

# hold NAME: a connection in the background that holds the lock for a minute
hold() {
    sql "SELECT GET_LOCK($1, 0); SELECT SLEEP(60)" >/dev/null 2>&1 &
    remember $!
    until_true 5 sh -c "[ \"\$('$work/bin/mariadb' --no-defaults -S '$work/socket' -N -B -e \"SELECT IS_USED_LOCK($1)\")\" != NULL ]" ||
        cannot 'the lock is not held'
}
