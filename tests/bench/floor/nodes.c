#include "nodes.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct nodes nodes_on(const char* ports, const char* how) {
    struct nodes nodes = {.wait_for_all = strcmp(how, "all") == 0};
    const char* port = ports;
    while (*port != '\0' && nodes.size < MOST_NODES) {
        char* end = NULL;
        nodes.connections[nodes.size++] = redisConnectNonBlock("127.0.0.1", (int)strtol(port, &end, 10));
        port = *end == ',' ? end + 1 : end;
    }
    return nodes;
}

/// Whether all of what was appended is written. A connection that failed has nothing more to write.
static bool write_to(redisContext* connection) {
    int done = 0;
    return connection->err != 0 || redisBufferWrite(connection, &done) != REDIS_OK || done;
}

/// The next answer that somebody waits for; NULL while there is none.
static redisReply* next_answer(redisContext* connection, size_t* owed) {
    void* reply = NULL;
    while (redisGetReplyFromReader(connection, &reply) == REDIS_OK && reply != NULL && *owed > 0) {
        freeReplyObject(reply);
        reply = NULL;
        --*owed;
    }
    return reply;
}

bool ask(struct nodes* nodes, struct request request) {
    const size_t quorum = nodes->size / 2 + 1;
    struct pollfd fds[MOST_NODES];
    size_t yes = 0;
    size_t open = nodes->size;
    for (size_t i = 0; i < nodes->size; ++i) {
        redisContext* connection = nodes->connections[i];
        redisAppendFormattedCommand(connection, request.text, request.size);
        const short events = write_to(connection) ? POLLIN : POLLIN | POLLOUT;
        fds[i] = (struct pollfd){connection->fd, events, 0};
    }
    while (open > 0 && (nodes->wait_for_all || yes < quorum) && poll(fds, nodes->size, 2000) > 0) {
        for (size_t i = 0; i < nodes->size; ++i) {
            redisContext* connection = nodes->connections[i];
            if ((fds[i].revents & POLLOUT) != 0 && write_to(connection)) fds[i].events = POLLIN;
            if ((fds[i].revents & ~POLLOUT) == 0) continue;
            const bool failed = redisBufferRead(connection) != REDIS_OK;
            redisReply* answer = failed ? NULL : next_answer(connection, &nodes->owed[i]);
            if (answer == NULL && !failed) continue;
            if (answer != NULL && is_yes(answer)) ++yes;
            if (answer != NULL) freeReplyObject(answer);
            fds[i].fd = -1;
            --open;
        }
    }
    for (size_t i = 0; i < nodes->size; ++i)
        if (fds[i].fd != -1) ++nodes->owed[i];
    return yes >= quorum;
}
