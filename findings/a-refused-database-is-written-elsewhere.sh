#!/bin/sh
# redis-cli that is refused the database of -n goes on in database 0, and its status says that all is well.
#
# Software: redis-cli 7.0.15 (Debian 12) and 8.6.3 (Debian experimental), valkey-cli 9.1.2 (Debian sid), each with its own
#   server.
# Expected: good guess. The command is not run, as it is not where a host does not answer, and the status is not 0.
# Seen: "SELECT 1 failed: ERR DB index is out of range" on standard error, then the command runs in database 0: SET
#   replaces the value there, DEL deletes it. The status is 0.
# Means: a script that keeps its locks in a database of their own by `redis-cli -n 1` touches those of others on a server
#   with fewer databases, or in a cluster, where SELECT is refused.
# Time: half a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

for one in "bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15" "sid+experimental redis 5:8.6.3-1 redis-8.6.3" \
    "sid valkey 9.1.2-1 valkey-9.1.2"; do
    # shellcheck disable=SC2086
    set -- $one
    redis_like "$@"
    name=$4
    serve "$name" "$work/bin/$name" --databases 1
    cli() { "$work/bin/cli" -s "$work/$name" "$@"; }
    cli SET job theirs >/dev/null
    status=0; cli -n 1 SET job ours >"$work/out" 2>"$work/err" || status=$?
    same "$name: SET with -n 1 on a server with one database" "$(cat "$work/out")" OK
    same "$name: its status" "$status" 0
    same "$name: what it says" "$(cat "$work/err")" 'SELECT 1 failed: ERR DB index is out of range'
    same "$name: the value in database 0 was 'theirs'" "$(cli GET job)" ours
    cli -n 1 DEL job >/dev/null 2>&1
    same "$name: after DEL with -n 1 database 0 has it" "$(cli EXISTS job)" 0
done
verdict
