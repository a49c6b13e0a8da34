/// Takes a lock, runs a command, lets go.
///
///     floor_wrap all|quorum PORT[,PORT...] KEY COMMAND [ARGUMENT...]
#include "command.h"
#include "nodes.h"

int main(int argc, char** argv) {
    if (argc < 5) return 64;
    struct nodes nodes = nodes_on(argv[2], argv[1]);
    const struct lock_requests lock = lock_requests_for(argv[3]);
    if (!ask(&nodes, lock.take)) return 75;
    const int status = run_command(argv + 4);
    return ask(&nodes, lock.release) ? status : 1;
}
