#!/bin/sh
# Three usual clients send a command again by themselves when its reply is lost: INCR counts twice, a lock refuses its owner.
#
# Software: redis-py 6.4.0 (Debian sid), redis-rb 5.3.0 (Debian 13), ioredis 6.0.0 (npm) do; redis-py 4.3.4 (Debian 12),
#   node-redis 6.3.1 (npm), phpredis 6.2.0, predis 2.4.0, Redis.pm 2.000 with `reconnect` (Debian 13) do not. Server: redis
#   8.0.2. Clients as they come, no option set.
# Expected: good guess. A command that may not be repeated is not: at a lost reply the program gets an error, and INCR has
#   been executed once. So it was in redis-py before its version 6.
# Seen: the three return 2 from the first INCR of a key, without an error. redis-py's own lock returns False at the first
#   acquire, while its token stands in Redis for the whole TTL. The others raise an error; the key is 1.
# Means: fence numbers by INCR have gaps (harmless), but everything that counts (permits, holders, tries) is wrong after a
#   broken connection, and a plain SET NX locks its owner out. Tried, and it ends with an error and 1: Redis(retry=None),
#   Redis.new(reconnect_attempts: 0), new Redis({maxRetriesPerRequest: 0}). Or ask by a script that knows its own token.
# Time: about a minute.
limit=900
. "$(dirname "$0")/lib/start.sh"

redis_like trixie redis 5:8.0.2-3+deb13u3 server
debian trixie ruby-redis=5.3.0-1 ruby php8.4-cli php8.4-redis=6.2.0-1 php-predis=2.4.0-1 libredis-perl=2:2.000-1
debian_alone sid python3-redis=6.4.0-3
debian_alone bookworm python3-redis=4.3.4-3 python3-deprecated python3-packaging python3-wrapt python3-async-timeout
program trixie usr/bin/ruby3.3 ruby
program trixie usr/bin/php8.4 php
mkdir "$work/npm"
(cd "$work/npm" && npm install --silent --no-audit --no-fund --ignore-scripts ioredis@6.0.0 redis@6.3.1 >&2) || cannot 'npm'
NODE_PATH=$work/npm/node_modules
tree=$work/trixie
RUBYLIB=$tree/usr/lib/ruby/3.3.0:$tree/usr/lib/x86_64-linux-gnu/ruby/3.3.0:$tree/usr/lib/ruby/vendor_ruby
for gem in "$tree"/usr/share/rubygems-integration/all/gems/*/lib; do RUBYLIB=$RUBYLIB:$gem; done
PERL5LIB=$tree/usr/share/perl5
export NODE_PATH RUBYLIB PERL5LIB
serve socket "$work/bin/server"
ask() { "$work/bin/cli" -s "$work/socket" "$@"; }

# through WORD COMMAND...: the command, with the port of a link that loses the reply to WORD as PORT in its environment
through() {
    word=$1; shift
    rm -f "$work/port"
    ask DEL n >/dev/null
    python3 "$(dirname "$0")/lib/drop-one-reply.py" 0 "$work/socket" "$word" >"$work/port" 2>/dev/null &
    link=$!
    remember $link
    until_true 5 test -s "$work/port" || cannot 'no link'
    PORT=$(cat "$work/port") timeout 30 "$@" 2>/dev/null
    kill $link
    wait $link 2>/dev/null
}
counted() {
    name=$1 expected=$2; shift 2
    said=$(through incr "$@")
    same "$name says" "${said:-error}" "$expected"
    [ "$expected" = 2 ] || same "$name: the key is" "$(ask GET n)" 1
}

python_program='import os, redis; print(redis.Redis(port=int(os.environ["PORT"])).incr("n"))'
counted redis-py-6.4.0 2 env PYTHONPATH="$work/sid/usr/lib/python3/dist-packages" python3 -c "$python_program"
counted redis-py-4.3.4 error env PYTHONPATH="$work/bookworm/usr/lib/python3/dist-packages" python3 -c "$python_program"
counted redis-rb-5.3.0 2 "$work/bin/ruby" --disable-gems -e 'require "redis"; puts Redis.new(port: ENV["PORT"].to_i).incr("n")'
counted ioredis-6.0.0 2 node -e 'const {Redis} = require("ioredis"); const r = new Redis(+process.env.PORT); r.on("error", () => {});
    r.incr("n").then(n => { console.log(n); process.exit(0); }, () => process.exit(1))'
counted node-redis-6.3.1 error node -e 'const r = require("redis").createClient({url: "redis://127.0.0.1:" + process.env.PORT});
    r.on("error", () => {}); r.connect().then(() => r.incr("n")).then(n => { console.log(n); process.exit(0); }, () => process.exit(1))'
extensions=$(dirname "$(find "$tree" -name redis.so)")
php="$work/bin/php -n -d extension_dir=$extensions -d extension=igbinary -d extension=redis"
# shellcheck disable=SC2086,SC2016
counted phpredis-6.2.0 error $php -r 'try { $r = new Redis; $r->connect("127.0.0.1", (int) getenv("PORT")); echo $r->incr("n"); } catch (Throwable $e) {}'
# shellcheck disable=SC2086,SC2016
counted predis-2.4.0 error $php -r 'require "'"$tree"'/usr/share/php/Predis/autoload.php";
    try { echo (new Predis\Client(["port" => getenv("PORT")]))->incr("n"); } catch (Throwable $e) {}'
# shellcheck disable=SC2016
counted Redis.pm-2.000 error perl -e 'use Redis; print Redis->new(server => "127.0.0.1:$ENV{PORT}", reconnect => 5, every => 100)->incr("n")'

same "redis-py 6.4.0's lock, acquire" "$(through nx env PYTHONPATH="$work/sid/usr/lib/python3/dist-packages" python3 -c '
import os, redis
print(redis.Redis(port=int(os.environ["PORT"])).lock("lock", timeout=30).acquire(blocking=False))')" False
within 'its key lives on for ms' "$(ask PTTL lock)" 20000 30000
verdict
