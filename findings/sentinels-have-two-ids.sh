#!/bin/sh
# The `runid` by which Sentinels tell each other apart is not the `run_id` that each tells of itself.
#
# Software: redis 7.0.15 (Debian 12), redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid), as Sentinels.
# Expected: good guess. `runid` in SENTINEL SENTINELS is the run_id of that Sentinel's INFO, as `runid` in SENTINEL MASTER
#   and SENTINEL REPLICAS is the run_id of those servers' INFO.
# Seen: of a Sentinel it is another number, SENTINEL MYID, which is kept in its configuration file over restarts, while
#   run_id is new with each start. Of the master it is the run_id.
# Means: a client that is given Sentinels and adds those that they name, and compares these numbers, knows each Sentinel
#   twice. Where it counts answers, one of three is a majority.
# Time: about a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# ask PORT WORD...: an answer on one line
ask() { port=$1; shift; "$work/bin/cli" -p "$port" "$@" | tr -d '\r' | tr '\n' ' '; }
# behind NAME: the word that follows NAME on standard input
behind() { sed -n "s/.*\\(^\\| \\)$1[ :]\\([^ ]*\\).*/\\2/p"; }

# sentinel SERVER PORT MASTER
sentinel() {
    mkdir "$work/$2"
    printf 'port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor m 127.0.0.1 %s 2\n' "$2" "$work/$2" "$3" >"$work/$2/conf"
    "$1" "$work/$2/conf" --sentinel >"$work/$2/log" 2>&1 &
    remember $!
    until_true 10 grep -q '+monitor' "$work/$2/log" || cannot 'a Sentinel does not start'
}

for version in redis-7.0.15 redis-8.6.3 valkey-9.1.2; do
    master=$(free_port)
    serve "$version" "$work/bin/$version"
    "$work/bin/cli" -s "$work/$version" CONFIG SET port "$master" >/dev/null
    one=$(free_port); sentinel "$work/bin/$version" "$one" "$master"
    other=$(free_port); sentinel "$work/bin/$version" "$other" "$master"
    until_true 20 sh -c "'$work/bin/cli' -p $one SENTINEL SENTINELS m | grep -q runid" || cannot 'they do not meet'
    named=$(ask "$one" SENTINEL SENTINELS m | behind runid)
    own=$(ask "$other" INFO server | behind run_id)
    id=$(ask "$other" SENTINEL MYID | tr -d ' ')
    same "$version: runid of a Sentinel is its MYID" "$([ "$named" = "$id" ] && echo yes || echo no)" yes
    same "$version: runid of a Sentinel is its run_id" "$([ "$named" = "$own" ] && echo yes || echo no)" no
    until_true 20 sh -c "'$work/bin/cli' -p $one SENTINEL MASTER m | grep -q '[0-9a-f]\{40\}'" || cannot 'no run_id'
    same "$version: runid of the master is its run_id" \
        "$([ "$(ask "$one" SENTINEL MASTER m | behind runid)" = "$(ask "$master" INFO server | behind run_id)" ] && echo yes || echo no)" yes
done
verdict
