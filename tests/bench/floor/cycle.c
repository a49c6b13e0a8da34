/// Takes and releases a lock again and again over connections that stay open, and prints how many nanoseconds each time
/// took.
///
///     floor_cycle all|quorum PORT[,PORT...] KEY TIMES
#include "nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char** argv) {
    if (argc != 5) return 64;
    struct nodes nodes = nodes_on(argv[2], argv[1]);
    for (long times = strtol(argv[4], NULL, 10); times > 0; --times) {
        const long long begin = now();
        const struct lock_requests lock = lock_requests_for(argv[3]);
        if (!ask(&nodes, lock.take) || !ask(&nodes, lock.release)) return 75;
        printf("%lld\n", now() - begin);
        redisFreeCommand(lock.take.text);
        redisFreeCommand(lock.release.text);
    }
    return 0;
}
