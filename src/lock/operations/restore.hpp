// Restore puts a lock back on a node that has forgotten it.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// Sets the record again if the key is missing or still ours, and with it the fence number if the node's is smaller.
/// Verdicts: yours, taken, revoked. A member of a group comes back if the key is missing or has its group, and its seat
/// is free or still ours.
struct Restore {
    Token token;
    Record record;
    milliseconds ttl;
    Fence fence;
    std::optional<Seat> seat{}; ///< nothing: an exclusive holder
    std::string entry{};        ///< with a seat: our entry in the queue, if there is one

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
