// The least that a lock in Redis asks of a node: SET NX PX, and a DEL of what is still ours. No lease, no renewal, no
// queue, no fence number: what scripts/bench holds holdfast against, nothing to use.
#pragma once

#include <hiredis/hiredis.h>

#include <stdbool.h>
#include <stddef.h>

/// As it is written to the socket. Whoever has it frees the text, with redisFreeCommand.
struct request {
    char* text;
    size_t size;
};

struct lock_requests {
    struct request take;
    struct request release;
};

/// With a token of its own, and a TTL of 30 s.
struct lock_requests lock_requests_for(const char* key);

/// What a node answers to either of them when it has done what was asked.
bool is_yes(const redisReply* reply);
