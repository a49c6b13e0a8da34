#!/bin/sh
# In MariaDB 'job' and 'JOB' are two locks, although its documentation says that names of GET_LOCK have no case.
#
# Software: MariaDB 11.8.9 (Debian sid).
# Expected: documentation of GET_LOCK (MariaDB's and MySQL's): the name is case-insensitive.
# Seen: while one connection holds 'job', another is refused 'job' and granted 'JOB' and 'Job'; IS_USED_LOCK names
#   different connections for them.
# Means: programs that spell a name differently and were kept apart by MySQL (or by the documentation) run at once. Make
#   the name of one case before it is handed over.
# Time: about half a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"
. "$(dirname "$0")/lib/mariadb.sh"

hold "'job'"
same "'job' for another" "$(sql "SELECT GET_LOCK('job', 0)")" 0
same "'JOB' for another" "$(sql "SELECT GET_LOCK('JOB', 0)")" 1
same "'Job' for another" "$(sql "SELECT GET_LOCK('Job', 0)")" 1
same "'JOB' is used by nobody" "$(sql "SELECT IS_USED_LOCK('JOB')")" NULL
verdict
