// Acquire takes a lock on one node, or enters the queue.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"

namespace holdfast {

/// A waiter's place in the queue. Its ticket is the start of its wait by its own wall clock, brought by each node
/// within a second of what the node's clock makes of the time waited, so that a waiter with a wrong clock starves
/// neither others nor itself.
struct Waiting {
    std::string entry;  ///< "RUN {json}", the same as long as the run waits
    milliseconds since; ///< wall clock
    milliseconds waited;
    milliseconds lasts; ///< how long the entry lives unless it is refreshed
};

/// Takes the key if it is free, or an earlier attempt of the same run, and no other waiter is ahead in the queue; then
/// leaves the queue and accepts a fence number. Otherwise, when waiting, enters the queue or refreshes its entry there.
/// Verdicts: granted, held, reserved, revoked.
struct Acquire {
    Token token;
    Record record;
    milliseconds ttl;
    Fence proposal;
    std::optional<Waiting> waiting{};

    Request script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
