#!/bin/sh
# The 501st script that is sent by EVAL makes the server forget the first, without SCRIPT FLUSH and without a restart.
#
# Software: redis 7.0.15 (Debian 12) keeps all; redis 8.0.2 (Debian 13), valkey 9.1.2 and redict 7.3.6 (Debian sid) do not.
# Expected: documentation of EVAL and EVALSHA for years: a script stays in the cache until SCRIPT FLUSH or a restart.
# Seen: of 601 scripts 500 stay; EVALSHA of the first one is NOSCRIPT. One that came by SCRIPT LOAD stays. INFO counts
#   them in evicted_scripts.
# Means: a lock client that has once seen EVAL succeed may get NOSCRIPT at a renewal, because some other program of that
#   server pastes values into its scripts. NOSCRIPT has to be followed by EVAL each time, not only after a reconnect; and
#   EVALSHA inside MULTI cannot be followed by anything. SCRIPT LOAD at the start protects.
# Time: about a minute.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like bookworm redis 5:7.0.15-1~deb12u7 redis-7.0.15
redis_like trixie redis 5:8.0.2-3+deb13u3 redis-8.0.2
redis_like sid valkey 9.1.2-1 valkey-9.1.2
redis_like sid redict 7.3.6+ds-3 redict-7.3.6

for version in redis-7.0.15 redis-8.0.2 valkey-9.1.2 redict-7.3.6; do
    serve "$version" "$work/bin/$version"
    ask() { "$work/bin/cli" -s "$work/$version" "$@" 2>&1; }
    ask EVAL 'return "renewed"' 0 >/dev/null
    loaded=$(ask SCRIPT LOAD 'return "loaded"')
    seq 600 | sed "s/.*/EVAL 'return & + 100000' 0/" | ask >/dev/null
    answer=$(ask EVALSHA "$(printf 'return "renewed"' | sha1sum | cut -d' ' -f1)" 0)
    case $version in redis-7.0.15) expected=renewed ;; *) expected=NOSCRIPT ;; esac
    same "$version: after 600 other scripts" "${answer%% *}" "$expected"
    same "$version: of SCRIPT LOAD" "$(ask EVALSHA "$loaded" 0)" loaded
done
verdict
