#!/bin/sh
# The session lock of phpredis has no TTL where PHP has no time limit; the others wait two seconds and get no session.
#
# Software: phpredis 6.2.0 with PHP 8.4 (Debian 13), session.save_handler=redis, redis.session.locking_enabled=1, the rest
#   as it comes. Server: redis 8.0.2 (Debian 13).
# Expected: good guess. The lock has a TTL of its own by default, some 30 seconds, as every lock in Redis needs one; who
#   finds the session locked waits about as long.
# Seen: the TTL is max_execution_time. With 30, half a minute. On the command line (and with 0, as queue workers and long
#   requests have it) the key has none (PTTL -1): after SIGKILL of the holder the session is locked for ever. The others
#   give up after 2.0 s; session_start() returns false with warnings, and the page goes on with an empty session.
# Means: set redis.session.lock_expire to more than the longest request, and lock_retries to what the longest one needs.
#   An operator who meets such a key (its name ends in _LOCK) with PTTL -1 has to delete it by hand.
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

redis_like trixie redis 5:8.0.2-3+deb13u3 server
debian trixie php8.4-cli php8.4-redis=6.2.0-1
program trixie usr/bin/php8.4 php
serve socket "$work/bin/server"
ask() { "$work/bin/cli" -s "$work/socket" "$@"; }

cat >"$work/page.php" <<'PHP'
<?php
session_id('abc');
$started = microtime(true);
$got = @session_start();
printf("%s %d\n", $got ? 'session' : 'none', (microtime(true) - $started) * 1000);
touch($argv[1]);
sleep((int) $argv[2]);
PHP
extensions=$(dirname "$(find "$work/trixie" -name redis.so)")
# page FILE SECONDS OPTION...: a page that makes FILE when it has its session, and works for SECONDS
page() {
    file=$1 seconds=$2; shift 2
    exec "$work/bin/php" -n -d "extension_dir=$extensions" -d extension=igbinary -d extension=redis -d session.use_cookies=0 \
        -d session.save_handler=redis -d "session.save_path=unix://$work/socket" -d redis.session.locking_enabled=1 \
        "$@" "$work/page.php" "$file" "$seconds"
}
lock=PHPREDIS_SESSION:abc_LOCK

page "$work/first" 60 -d max_execution_time=0 >/dev/null &
holder=$!
remember $holder
until_true 10 test -e "$work/first" || cannot 'PHP does not get its session'
same 'TTL of the lock, no time limit' "$(ask PTTL $lock)" -1
kill -KILL $holder
wait $holder 2>/dev/null
same 'after SIGKILL of the holder' "$(ask PTTL $lock)" -1
# shellcheck disable=SC2046
set -- $(page "$work/second" 0)
same 'the next page gets' "$1" none
within 'after ms' "$2" 1900 3500

ask DEL $lock >/dev/null
page "$work/third" 60 -d redis.session.lock_expire=30 >/dev/null &
remember $!
until_true 10 test -e "$work/third" || cannot 'PHP does not get its session'
within 'TTL with lock_expire=30, in ms' "$(ask PTTL $lock)" 20000 30000
verdict
