// Restore puts a lock back where a node has forgotten it.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"

namespace holdfast {

/// Sets the record again where the key is missing, and the fence number with it. Verdicts: yours, taken, revoked.
struct Restore {
    Token token;
    Record record;
    milliseconds ttl;
    Fence fence;

    Request script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
