#include "lock.h"

#include <sys/random.h>

#include <stdio.h>
#include <string.h>

static void make_token(char text[33]) {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) memset(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; ++i) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

struct lock_requests lock_requests_for(const char* key) {
    static const char delete_if_ours[] =
        "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";
    char token[33];
    make_token(token);
    struct lock_requests made;
    made.take.size = (size_t)redisFormatCommand(&made.take.text, "SET %s %s NX PX 30000", key, token);
    made.release.size = (size_t)redisFormatCommand(&made.release.text, "EVAL %s 1 %s %s", delete_if_ours, key, token);
    return made;
}

bool is_yes(const redisReply* reply) {
    return (reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "OK") == 0) ||
           (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1);
}
