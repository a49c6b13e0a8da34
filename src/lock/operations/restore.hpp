// Restore puts a lock back on a node that has forgotten it.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"

namespace holdfast {

/// Sets the record again if the key is missing or still ours, and with it the fence number if the node's is smaller.
/// Verdicts: yours, taken, revoked.
struct Restore {
    Token token;
    Record record;
    milliseconds ttl;
    Fence fence;

    Request script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
