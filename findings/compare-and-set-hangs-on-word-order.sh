#!/bin/sh
# The new conditions of SET: what Redis refuses in one order of the words it takes in the other, and then it never sets.
#
# Software: redis 8.6.3 (Debian experimental), valkey 9.1.2 (Debian sid).
# Expected: good guess. "Take the lock if it is free, or mine already", as SET lock me NX IFEQ me, is a syntax error in
#   both, in any order: there is one condition. And what one of the two knows for "delete if it is mine" the other knows
#   as well, since SET ... IFEQ is the same in both.
# Seen: Redis refuses NX IFEQ, and takes IFEQ NX. That sets nothing where there is no key, and nothing where the key has
#   the value, and its answer is the one for "held by another". Of two IFEQ the last counts, without a word. Valkey
#   refuses all of these. Redis deletes with DELEX lock IFEQ me, Valkey with DELIFEQ lock me; neither knows the other's.
# Means: a lock by these words that works on one server waits for ever, or is never released, on the other. A script that
#   compares and deletes runs on both. And SET ... IFEQ as a renewal is refused by a server whose memory is full, where
#   PEXPIRE in a script is not.
# Time: about a minute.
limit=600
. "$(dirname "$0")/lib/start.sh"

redis_like sid+experimental redis 5:8.6.3-1 redis-8.6.3
redis_like sid valkey 9.1.2-1 valkey-9.1.2

ask() { "$work/bin/cli" -s "$work/$version" "$@" 2>&1 | sed '/^$/d; s/^\(ERR unknown command\).*/\1/'; }
# answers: those to "NX IFEQ" and "IFEQ NX" where the key is missing, to the latter where it has the value, to two IFEQ,
# to both ways to delete, to a renewal by SET and to one by a script on a full server
answers() {
    ask SET lock me NX IFEQ me
    ask SET lock me IFEQ me NX
    ask EXISTS lock
    ask SET lock me
    ask SET lock me IFEQ me NX
    ask SET lock me IFEQ other IFEQ me
    ask CONFIG SET maxmemory 1 >/dev/null
    ask SET lock me IFEQ me PX 60000
    ask EVAL "return redis.call('PEXPIRE', KEYS[1], 60000)" 1 lock
    ask CONFIG SET maxmemory 0 >/dev/null
    ask DELEX lock IFEQ me
    ask SET lock me
    ask DELIFEQ lock me
}
for version in redis-8.6.3 valkey-9.1.2; do
    serve "$version" "$work/bin/$version"
    said=$(answers | tr '\n' ';')
    full="OOM command not allowed when used memory > 'maxmemory'.;1;"
    case $version in
    redis*) same "$version" "$said" "ERR syntax error;0;OK;OK;${full}1;OK;ERR unknown command;" ;;
    *) same "$version" "$said" \
        "ERR syntax error;ERR syntax error;0;OK;ERR syntax error;ERR syntax error;${full}ERR unknown command;OK;1;" ;;
    esac
done
verdict
