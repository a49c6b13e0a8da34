// Redis servers on this host, asked all at once: non-blocking sockets, one poll. One node is a set of one.
#pragma once

#include "lock.h"

enum { MOST_NODES = 9 };

struct nodes {
    redisContext* connections[MOST_NODES];
    size_t size;
    bool wait_for_all;       ///< else a quorum's yes is enough
    size_t owed[MOST_NODES]; ///< answers that nobody waits for any longer
};

/// `ports` is PORT[,PORT...], `how` is "all" or "quorum". Does not wait until they are connected.
struct nodes nodes_on(const char* ports, const char* how);

/// Whether a quorum said yes. At most two seconds.
bool ask(struct nodes* nodes, struct request request);
