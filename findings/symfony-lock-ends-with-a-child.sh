#!/bin/sh
# A process forked by a PHP program that has a Symfony lock releases that lock when it ends.
#
# Software: symfony/lock 6.4.50, phpredis 6.2.0, PHP 8.4 (Debian 13), with the Redis store. Server: redis 8.0.2 (Debian 13).
# Expected: good guess. The lock is the parent's; it ends by release(), by the end of the parent, or by its TTL.
# Seen: pcntl_fork, the child exits at once: the key is gone from Redis, isAcquired() of the parent says false from then on,
#   and the parent is not told. The child runs the destructors, and with them the release, over its copy of the token.
#   With autoRelease false the key stays.
# Means: a worker that forks helpers under its lock works on without it. createLock(NAME, TTL, autoRelease: false), and
#   release() by hand, before anything forks. (The key is a sorted set.)
# Time: about a minute.
limit=300
. "$(dirname "$0")/lib/start.sh"

redis_like trixie redis 5:8.0.2-3+deb13u3 server
debian trixie php8.4-cli php8.4-redis=6.2.0-1
debian_alone trixie php-symfony-lock=6.4.50+dfsg-0+deb13u1 php-psr-log php-symfony-deprecation-contracts
program trixie usr/bin/php8.4 php
serve socket "$work/bin/server"

cat >"$work/fork.php" <<'PHP'
<?php
require $argv[1] . '/usr/share/php/Symfony/Component/Lock/autoload.php';
use Symfony\Component\Lock\{LockFactory, Store\RedisStore};
function redis() { $redis = new Redis; $redis->connect($GLOBALS['argv'][2]); return $redis; }
$lock = (new LockFactory(new RedisStore(redis())))->createLock('job', 30, $argv[3] === 'auto');
$lock->acquire() || exit(1);
$before = redis()->exists('job');
if (pcntl_fork() === 0) {
    exit(0);
}
pcntl_wait($status);
echo $before, ' ', redis()->exists('job'), ' ', redis()->type('job') === Redis::REDIS_ZSET ? 'zset' : 'none', "\n";
PHP
extensions=$(dirname "$(find "$work/trixie" -name redis.so)")
with() {
    "$work/bin/cli" -s "$work/socket" FLUSHALL >/dev/null
    # PHP looks for its include path as installed.
    (cd "$work/trixie/usr/share/php" && "$work/bin/php" -n -d "include_path=$work/trixie/usr/share/php" -d "extension_dir=$extensions" \
        -d extension=igbinary -d extension=redis "$work/fork.php" "$work/trixie" "$work/socket" "$1")
}
same 'key before, key after the child' "$(with auto)" '1 0 none'
same 'the same with autoRelease false' "$(with hand)" '1 1 zset'
verdict
