#!/bin/sh
# PostgreSQL gives an advisory lock to waiters that were killed, before one that lives, and lets them run their statement.
#
# Software: PostgreSQL 17.12 (Debian 13), as it comes.
# Expected: good guess. The locks of a session end with it, "even if the client disconnects ungracefully" (documentation): a
#   killed waiter leaves the line, the lock of a killed holder is free at once.
# Seen: a killed client is found out only when the server next reads from it or writes to it. A holder killed in the midst of
#   a statement of 4 s keeps the lock for the rest of it; a waiter killed in `SELECT pg_advisory_lock(1), pg_sleep(4)` stays in
#   line, then gets the lock, and sleeps its 4 s with it. The living third gets in after both. What a dead waiter has in
#   the same statement as the lock is carried out: a row of it stays. With client_connection_check_interval = 500 ms (off as it
#   comes) the third is in within the second, and no row is written.
# Means: after a restart of its workers the lock stands still for as long as their statements, and work of the dead is still
#   done. Set client_connection_check_interval; do not put the lock and the work into one statement; give waiters a
#   lock_timeout.
# Time: about a minute.
limit=400
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/postgres.sh"

sql 'CREATE TABLE done (who text)'
# A connection in the background that runs the statement; its process is $client
background() {
    "$work/bin/psql" -X -h "$work/data" -U postgres -d postgres -Atq -c "SET client_connection_check_interval = $check; $1" \
        >/dev/null 2>&1 &
    client=$!
    remember $client
}
# shellcheck disable=SC2317 # until_true calls it
locks() { [ "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = "$1" ]; }

# after CHECK: milliseconds from the end of the holder and the waiter until a third has the lock, and what the dead wrote
after() {
    check=$1
    sql 'TRUNCATE done'
    background 'SELECT pg_advisory_lock(1); SELECT pg_sleep(4)'
    holder=$client
    until_true 5 locks 1 || cannot 'the lock is not held'
    background "INSERT INTO done SELECT 'waiter' FROM (SELECT pg_advisory_lock(1), pg_sleep(4)) AS both_of_them"
    waiter=$client
    until_true 5 locks 2 || cannot 'nobody waits'
    kill -KILL $holder $waiter
    wait $holder $waiter 2>/dev/null
    began=$(now_ms)
    sql 'SELECT pg_advisory_lock(1)' >/dev/null
    passed=$(($(now_ms) - began))
    # The session of the third is over, and a row is there when its writer has ended.
    until_true 10 locks 0 || cannot 'somebody still has the lock'
    written=$(sql 'SELECT count(*) FROM done')
}
same 'client_connection_check_interval as it comes' "$(sql 'SHOW client_connection_check_interval')" 0
after 0
within 'as it comes: the third waits, ms' "$passed" 6000 9500
same 'as it comes: rows of the dead waiter' "$written" 1
after 500
within 'with client_connection_check_interval: the third waits, ms' "$passed" 0 2500
same 'with client_connection_check_interval: rows of the dead waiter' "$written" 0
verdict
