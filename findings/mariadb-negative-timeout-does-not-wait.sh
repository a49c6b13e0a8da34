#!/bin/sh
# GET_LOCK(name, -1) waits for ever in MySQL; in MariaDB it answers NULL at once, also when the lock is free.
#
# Software: MariaDB 11.8.9 (Debian sid).
# Expected: MySQL's documentation of GET_LOCK, and a good guess for MariaDB: a negative timeout means to wait without limit.
# Seen: NULL within a tenth of a second, held or free, with warning 1411 (incorrect timeout value) and no error.
# Means: a client written for MySQL that only looks for an error, or that takes everything but 0 for a yes, goes on without
#   the lock when it is pointed at MariaDB. Ask for a number of seconds, and count only 1 as held.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/mariadb.sh"

hold "'held'"
started=$(now_ms)
same 'held, -1' "$(sql "SELECT GET_LOCK('held', -1)")" NULL
within 'ms until then' $(($(now_ms) - started)) 0 1500
same 'free, -1' "$(sql "SELECT GET_LOCK('free', -1)")" NULL
same 'its warning' "$(sql "SELECT GET_LOCK('free', -1); SHOW WARNINGS" | cut -f2 | tail -1)" 1411
same 'free, 1' "$(sql "SELECT GET_LOCK('free', 1)")" 1
verdict
